import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { API_DOCUMENT, examples, routeSections } from './support/api-document.js';
import { tableRows } from './support/markdown-table.js';
import { ServiceUnderTest } from './support/service-under-test.js';

/** The parts of the OpenAPI document that the test uses. */
interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, { readonly properties: object }>> };
}
interface Operation {
  readonly tags: readonly string[];
  readonly responses: Readonly<Record<string, { readonly description: string }>>;
}

const lacks = ['bash', 'curl', 'ffmpeg', 'sha256sum'].filter((name) => spawnSync(name, ['-h']).error !== undefined);
if (lacks.length > 0) console.warn(`The examples of docs/api.md are skipped: ${lacks.join(', ')} not found`);

const DOCUMENT_URL = 'http://127.0.0.1:3000';
/** Separates the output of two commands. */
const END_OF_ANSWER = '\u001E';

describe('docs/api.md', () => {
  let service: ServiceUnderTest;
  let openApi: OpenApi;
  let folder: string;

  beforeAll(async () => {
    // The examples turn emails on.
    service = await ServiceUnderTest.start({ env: { SMTP_URL: 'smtp://127.0.0.1:1', MAIL_FROM: 'mp3@example.org' } });
    openApi = (await (await fetch(`${service.baseUrl}/openapi.json`)).json()) as OpenApi;
    folder = await mkdtemp(join(tmpdir(), 'api-document-'));
  });

  afterAll(async () => {
    await service?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** Returns the problem codes of each route, without those of every route. */
  function problemsOfRoutes(): Map<string, string[]> {
    const operations = Object.entries(openApi.paths).flatMap(([path, item]) =>
      Object.entries(item)
        .filter(([, { tags }]) => !tags.includes('pages'))
        .map(([method, { responses }]) => {
          const text = Object.values(responses).map(({ description }) => description);
          const codes = [...text.join('\n').matchAll(/^`(\w+)`:/gm)].map(([, code = '']) => code);
          return { route: `${method.toUpperCase()} ${path}`, codes: new Set(codes) };
        }),
    );
    const isOwn = (code: string): boolean => operations.some(({ codes }) => !codes.has(code));
    return new Map(operations.map(({ route, codes }) => [route, [...codes].filter(isOwn).toSorted()]));
  }

  it('has a section for every route, which names its problem codes', () => {
    const known = new Set(tableRows(API_DOCUMENT, 'problem status').map(([, code = '']) => code));
    const written = [...routeSections()].map(([route, section]) => {
      const words = [...section.matchAll(/`(\w+)`/g)].map(([, word = '']) => word);
      return [route, [...new Set(words.filter((word) => known.has(word)))].toSorted()] as const;
    });
    expect(Object.fromEntries(written)).toEqual(Object.fromEntries(problemsOfRoutes()));
  });

  it('names every field of a job, in the order of the response', () => {
    const fields = Object.keys(openApi.components.schemas['ConversionJob']?.properties ?? {});
    expect(tableRows(API_DOCUMENT, 'field').map(([field]) => field)).toEqual(fields);
  });

  it.skipIf(lacks.length > 0)('has commands that work as one session, and get such answers', async () => {
    const session = examples();
    const script = session.map(({ command }) => `${command}\nprintf '${END_OF_ANSWER}'\n`).join('');
    expect(script.split(DOCUMENT_URL)).toHaveLength(2);
    const withUrl = script.replace(DOCUMENT_URL, service.baseUrl);
    const { stdout } = await promisify(execFile)('bash', ['-euc', withUrl], { cwd: folder });
    const answers = stdout.split(END_OF_ANSWER);
    for (const [index, { command, answer }] of session.entries()) {
      const actual = answers[index]?.trim() ?? '';
      if (answer?.language === 'json')
        expect(shapeOf(JSON.parse(actual)), command).toEqual(shapeOf(JSON.parse(answer.text)));
      else if (answer?.language === 'text')
        expect(namesIn(actual), command).toEqual(expect.arrayContaining(namesIn(answer.text)));
      else expect(actual, command).toBe('');
    }
    const [mp3, part] = await Promise.all(['clip.mp3', 'part.mp3'].map((name) => stat(join(folder, name))));
    expect(mp3?.size).toBe(Number(part?.size) + 1000);
    expect(JSON.parse(await readFile(join(folder, 'openapi.json'), 'utf8'))).toEqual(openApi);
  });
});

/** Returns the names and types of all fields, and the values of those with a fixed set of values. */
function shapeOf(value: unknown, name = ''): unknown {
  if (Array.isArray(value)) return value.map((element) => shapeOf(element));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, shapeOf(field, key)]));
  }
  const isPath = typeof value === 'string' && value.startsWith('/');
  return value === null || (['status', 'code'].includes(name) && !isPath) ? value : typeof value;
}

/** Returns the lines, with only the names of headers. */
function namesIn(text: string): string[] {
  return text
    .trim()
    .split('\n')
    .map((line) => line.trim().replace(/: .*$/, ''));
}
