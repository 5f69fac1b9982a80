import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const TEXT = readFileSync(join(import.meta.dirname, '../../docs/api.md'), 'utf8');
const FENCED = /^```(\w+)\n([\s\S]*?)^```$/gm;

/** One command of docs/api.md. */
export interface Example {
  readonly command: string;
  /** What the document shows under it. */
  readonly answer: { readonly language: string; readonly text: string } | null;
}

/** The commands of the document in their order. */
export function examples(): Example[] {
  const blocks = [...TEXT.matchAll(FENCED)].map(([, language = '', text = '']) => ({ language, text }));
  return blocks.flatMap(({ language, text }, index) => {
    const next = blocks[index + 1];
    return language === 'sh'
      ? { command: text, answer: next === undefined || next.language === 'sh' ? null : next }
      : [];
  });
}

/** The sections of routes: what stands in prose under `### METHOD /path`. */
export function routeSections(): ReadonlyMap<string, string> {
  const sections = TEXT.replaceAll(FENCED, '').split(/^(?=#{1,3} )/m);
  return new Map(
    sections.flatMap((section) => {
      const [, route] = /^### `([A-Z]+ \/\S*)`/.exec(section) ?? [];
      return route === undefined ? [] : [[route, section] as const];
    }),
  );
}

/** The rows of the table whose first heading this is, without the backticks round whole cells. */
export function tableRows(firstHeading: string): string[][] {
  const lines = TEXT.split('\n');
  const start = lines.findIndex((line) => cellsOf(line)[0] === firstHeading);
  if (start < 0) throw new Error(`docs/api.md has no table that begins with ${firstHeading}`);
  const rest = lines.slice(start + 2);
  const end = rest.findIndex((line) => !line.startsWith('|'));
  return rest.slice(0, end).map(cellsOf);
}

function cellsOf(line: string): string[] {
  return line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim().replace(/^`([^`]*)`$/, '$1'));
}
