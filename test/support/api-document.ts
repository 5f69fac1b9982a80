import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const API_DOCUMENT = readFileSync(join(import.meta.dirname, '../../docs/api.md'), 'utf8');
const FENCED = /^```(\w+)\n([\s\S]*?)^```$/gm;

/** One command of docs/api.md. */
export interface Example {
  readonly command: string;
  /** The output that the document shows after it. */
  readonly answer: { readonly language: string; readonly text: string } | null;
}

/** Returns the commands of the document in their order. */
export function examples(): Example[] {
  const blocks = [...API_DOCUMENT.matchAll(FENCED)].map(([, language = '', text = '']) => ({ language, text }));
  return blocks.flatMap(({ language, text }, index) => {
    const next = blocks[index + 1];
    return language === 'sh'
      ? { command: text, answer: next === undefined || next.language === 'sh' ? null : next }
      : [];
  });
}

/** Returns the text of the sections `### METHOD /path`, without code blocks. */
export function routeSections(): ReadonlyMap<string, string> {
  const sections = API_DOCUMENT.replaceAll(FENCED, '').split(/^(?=#{1,3} )/m);
  return new Map(
    sections.flatMap((section) => {
      const [, route] = /^### `([A-Z]+ \/\S*)`/.exec(section) ?? [];
      return route === undefined ? [] : [[route, section] as const];
    }),
  );
}
