import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');

const readJson = async (path: string): Promise<unknown> => JSON.parse(await readFile(join(root, path), 'utf8'));

/** What a text says in backticks that begins like a path of this repository. */
function pathsIn(text: string): string[] {
  const inline = [...text.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);
  return inline.filter((code) => /^(apps|libs|scripts|test|bench|docs)\/[\w./-]+$/.test(code) && !code.includes('/x.'));
}

const linksIn = (text: string): string[] =>
  [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link = '']) => link);

const scriptsIn = (text: string): string[] =>
  [...text.matchAll(/\bnpm (?:run ([\w:-]+)|(start|test)\b)/g)].map(([, run, short]) => run ?? short ?? '');

const documents = ['README.md', ...(await readdir(join(root, 'docs'))).map((name) => join('docs', name))];

describe.each(documents)('%s', (document) => {
  let text: string;

  beforeAll(async () => {
    text = await readFile(join(root, document), 'utf8');
  });

  it('names paths that exist', () => {
    expect(pathsIn(text).filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it('links to files that exist', () => {
    expect(linksIn(text).filter((link) => !existsSync(join(root, dirname(document), link)))).toEqual([]);
  });

  it('names npm scripts that exist', async () => {
    const { scripts } = (await readJson('package.json')) as { scripts: Record<string, string> };
    expect(scriptsIn(text).filter((script) => !(script in scripts))).toEqual([]);
  });
});

describe('README.md', () => {
  it('names only variables that .env.example has', async () => {
    const [text, example] = await Promise.all(
      ['README.md', '.env.example'].map((path) => readFile(join(root, path), 'utf8')),
    );
    const named = [...(text ?? '').matchAll(/`([A-Z]+(?:_[A-Z]+)+)(?:=[^`]*)?`/g)].map(([, name = '']) => name);
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((name) => !(example ?? '').includes(`${name}=`))).toEqual([]);
  });
});

describe('the readers of these tests', () => {
  it('find what is wrong', () => {
    const wrong = 'See `libs/nowhere/src` and [the guide](docs/guide.md); run `npm run nothing` or npm test.';
    expect(pathsIn(wrong)).toEqual(['libs/nowhere/src']);
    expect(linksIn(wrong)).toEqual(['docs/guide.md']);
    expect(scriptsIn(wrong)).toEqual(['nothing', 'test']);
  });
});
