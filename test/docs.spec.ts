import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MarkdownDocument, type Claim } from './support/document.js';
import { namesInCapitals, projectFiles } from './support/project-files.js';

const ROOT = join(import.meta.dirname, '..');
const files = projectFiles();
const folders = new Set(files.flatMap(foldersOf));
const topFolders = [...folders].filter((folder) => !folder.includes('/'));
const documents = files.filter((file) => /^(README\.md|docs\/.*\.md)$/.test(file));
const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
/** Names in code and settings, without documents and tests, which invent names. */
const namesInCode = namesInCapitals(files.filter((file) => !/(\.md|spec\.ts|package-lock\.json|LICENSE)$/.test(file)));
/** Variables and constants of other programs and of the system. */
const NAMES_OF_OTHERS = /^(AF|CAP|SECCOMP|NODE|NPM|COMPOSE|DOCKER|PG|POSTGRES|MINIO|RABBITMQ_DEFAULT|HTTPS?|NO)_/;

/** The rules for documents; a failure prints the broken rule. */
const RULES = {
  paths:
    'In backticks or in a ```sh block, a path that begins with a folder of this repository must exist. For a file that ' +
    'the reader creates, use a placeholder (`docs/<name>.md`); `*` matches any name that exists. ' +
    'Example files of the reader (`video.mp4`) have no such folder.',
  links: 'A link must lead to a file of this repository, and its #anchor to a heading there.',
  scripts: '`npm run …` must name a script of package.json.',
  variables:
    'In backticks, `NAME_IN_CAPITALS` and `NAME=value` must be a name that the code or .env.example holds, and so must ' +
    'one that is set before a command in a ```sh block. For a variable of another program see NAMES_OF_OTHERS in ' +
    'test/docs.spec.ts.',
};

function read(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

function foldersOf(file: string): string[] {
  const parts = file.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}

const parse = (text: string): MarkdownDocument => new MarkdownDocument(text, topFolders);

function pathExists(text: string): boolean {
  const path = normalize(text).replace(/\/$/, '');
  const isGenerated = path.split('/').some((part) => ['dist', 'node_modules'].includes(part));
  if (isGenerated || files.includes(path) || folders.has(path)) return true;
  const fixed = /^[^<{…*$]*/.exec(path)?.[0] ?? '';
  if (fixed === path) return false;
  if (!path.includes('*')) return folders.has(fixed.slice(0, fixed.lastIndexOf('/')));
  const escaped = path.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&');
  const pattern = new RegExp(`^${escaped.replaceAll(/\*\*\/?|\*/g, (star) => (star === '*' ? '[^/]*' : '.*'))}(/|$)`);
  return files.some((file) => pattern.test(file));
}

function linkLeadsSomewhere(document: string, link: string): boolean {
  const [target = '', anchor] = link.split('#');
  const base = target.startsWith('/') ? '.' : dirname(document);
  const file = target === '' ? document : normalize(join(base, decodeURIComponent(target))).replace(/\/$/, '');
  if (anchor === undefined || !file.endsWith('.md')) return files.includes(file) || folders.has(file);
  return files.includes(file) && parse(read(file)).anchors.includes(anchor);
}

const isName = (name: string): boolean => namesInCode.has(name) || NAMES_OF_OTHERS.test(name);

function wrong(claims: readonly Claim[], isTrue: (text: string) => boolean): string[] {
  return claims.filter(({ text }) => !isTrue(text)).map(({ line, text }) => `line ${line}: ${text}`);
}

describe.each(documents)('%s', (document) => {
  const parsed = parse(read(document));

  it('names paths that exist', () => {
    expect(wrong(parsed.paths, pathExists), RULES.paths).toEqual([]);
  });

  it('has links whose targets exist', () => {
    expect(
      wrong(parsed.links, (link) => linkLeadsSomewhere(document, link)),
      RULES.links,
    ).toEqual([]);
  });

  it('names npm scripts that exist', () => {
    expect(
      wrong(parsed.scripts, (name) => name in scripts),
      RULES.scripts,
    ).toEqual([]);
  });

  it('names variables that exist', () => {
    expect(wrong(parsed.variables, isName), RULES.variables).toEqual([]);
  });
});

describe('the readers of these tests', () => {
  const texts = (claims: readonly Claim[]): string[] => claims.map(({ text }) => text);

  it('find paths in text and in commands', () => {
    const text = [
      'See `libs/nowhere/src`, `npm test -- test/gone.spec.ts` and `docker-compose.yml`, but not docs/in-words.md.',
      'Not `video.mp4`, `/docs`, `audio/mpeg` or `http://127.0.0.1:3000/docs/`.',
      '```sh',
      'node scripts/gone.mjs --out=bench/x clip.mp4; curl "$BASE/docs/a"',
      '```',
      '```json',
      '{ "a": "apps/in-json" }',
      '```',
    ].join('\n');
    expect(parse(text).paths).toEqual([
      { line: 1, text: 'libs/nowhere/src' },
      { line: 1, text: 'test/gone.spec.ts' },
      { line: 1, text: 'docker-compose.yml' },
      { line: 4, text: 'scripts/gone.mjs' },
      { line: 4, text: 'bench/x' },
    ]);
  });

  it.each([
    ['libs/domain/src/', true],
    ['./libs/domain/src/index.ts', true],
    ['libs/*/src/*.env.ts', true],
    ['libs/**/*.env.ts', true],
    ['docs/<name>.md', true],
    ['apps/{api,worker}/src', true],
    ['apps/api/dist/main.js', true],
    ['libs/domain/src/gone.ts', false],
    ['libs/*/src/*.gone.ts', false],
    ['libs/gone/<name>.ts', false],
  ])('check that the path %s exists: %s', (path, exists) => {
    expect(pathExists(path)).toBe(exists);
  });

  it('find links and headings', () => {
    const text = '[a](guide.md) ![b](p.png "title") [c](#two-words) [d](https://example.org/x.md) [e](mailto:a@b.c)';
    expect(texts(parse(text).links)).toEqual(['guide.md', 'p.png', '#two-words']);
    const headings = '# Two words\n## `npm start`, again!\n## Two words\n```sh\n# No heading\n```';
    expect(parse(headings).anchors).toEqual(['two-words', 'npm-start-again', 'two-words-1']);
  });

  it.each([
    ['architecture.md', true],
    ['architecture.md#folders', true],
    ['../README.md', true],
    ['../libs', true],
    ['gone.md', false],
    ['architecture.md#gone', false],
    ['#gone', false],
  ])('check that the target of the link %s exists: %s', (link, leads) => {
    expect(linkLeadsSomewhere('docs/architecture.md', link)).toBe(leads);
  });

  it('find npm scripts', () => {
    const text = 'Run `npm run nothing`, npm test, `npm run --silent user:gone -- ada` or `npm ci`.';
    expect(texts(parse(text).scripts)).toEqual(['nothing', 'test', 'user:gone']);
  });

  it('find variables, except those that an example defines', () => {
    const text = [
      '`GONE_NAME`, `GONE=1`, `PORT=1 GONE_TOO=2 npm start`; not `PENDING`, `POST` or `A = 1`.',
      '```sh',
      'BASE=http://127.0.0.1:3000',
      'GONE_HERE=1 npm start',
      'TOKEN=$(npm run x "$BASE")',
      'export GONE_THERE=1',
      '```',
      '```dotenv',
      'GONE_FILE=1',
      '```',
    ].join('\n');
    const found = ['GONE_NAME', 'GONE', 'PORT', 'GONE_TOO', 'GONE_HERE', 'GONE_THERE', 'GONE_FILE'];
    expect(texts(parse(text).variables)).toEqual(found);
    expect(found.filter(isName)).toEqual(['PORT']);
  });
});
