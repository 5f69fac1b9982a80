import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EnvironmentError, kindOf, readEnvironment, variableNames, type EnvFragment } from '@app/config';
import ts from 'typescript';

const ROOT = join(import.meta.dirname, '../..');

const INTRODUCTION = `# Configuration

<!-- Written by \`npm run docs:configuration\` from the code and .env.example: do not edit it by hand. -->

These are all the variables that the service reads. A process reads its environment first, then the file \`.env\` in the
folder where it starts. An empty value counts as not set. If values are invalid, the process prints every problem and does
not start.

\`npm start\` provides PostgreSQL, RabbitMQ, storage, ffmpeg, \`SECRET_KEY\` and \`WORK_DIRECTORY\` unless you set their
variables, so it needs no \`.env\`. To change a variable, copy its line from \`.env.example\` to \`.env\`. For Docker Compose,
run \`sh deploy/env-init.sh\` first: it writes a \`.env\` with random secrets, and you can add lines to it.

The column "production" shows which variables to set in production: **yes** is required, **store** is required unless
\`STORAGE_DIRECTORY\` is set, **default** is optional.
`;

/** A complete production environment, except for the storage. */
const COMPLETE = {
  ENV: 'production',
  DATABASE_URL: 'postgresql://user:password@database:5432/video_to_mp3',
  RABBITMQ_URL: 'amqp://user:password@broker:5672//',
  SECRET_KEY: '0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a6978',
};
const STORE = { STORAGE_ENDPOINT: 'store:9000', STORAGE_ACCESS_KEY: 'user', STORAGE_SECRET_KEY: 'password' };
const FOLDER = { STORAGE_DIRECTORY: '/objects' };

interface Process {
  readonly name: string;
  readonly fragments: readonly EnvFragment[];
}

interface Section {
  readonly title: string;
  /** Name and example value, in the order of .env.example. */
  readonly samples: readonly (readonly [name: string, example: string])[];
}

/** Generates docs/configuration.md from the code. */
export async function configurationDocument(): Promise<string> {
  const [sections, processes, meanings] = await Promise.all([readSections(), readProcesses(), readMeanings()]);
  const parts = sections.map(({ title, samples }) => {
    const rows = samples.map(([name, example]) => row({ name, example, meaning: meanings.get(name), processes }));
    const header =
      '| variable | meaning | type | default | read by | production |\n| --- | --- | --- | --- | --- | --- |';
    return `## ${title}\n\n<!-- prettier-ignore -->\n${header}\n${rows.join('\n')}\n`;
  });
  return [INTRODUCTION, ...parts].join('\n');
}

function row(variable: {
  name: string;
  example: string;
  meaning: string | undefined;
  processes: readonly Process[];
}): string {
  const { name, example, meaning, processes } = variable;
  if (meaning === undefined) throw new Error(`${name} has no /** description */ in its *.env.ts file`);
  const readers = processes.filter(({ fragments }) =>
    fragments.some((fragment) => variableNames(fragment).includes(name)),
  );
  const fragment = readers[0]?.fragments.find((candidate) => variableNames(candidate).includes(name));
  if (fragment === undefined) throw new Error(`${name} is read by no process: add its fragment to an env.ts file`);
  const kind = kindOf(fragment, name);
  if (kind === undefined) throw new Error(`${name} has no kind: its decorator must come from env-fields.ts`);
  const cells = [
    `\`${name}\``,
    meaning,
    kind,
    defaultOf(fragment, name) ?? `none; for example \`${example}\``,
    readers.map((reader) => reader.name).join(', '),
    needInProduction(readers, name),
  ];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function defaultOf(fragment: EnvFragment, name: string): string | undefined {
  const value = (new fragment() as Record<string, string | number | boolean | undefined>)[name];
  return value === undefined || value === '' ? undefined : `\`${String(value).replace(tmpdir(), '/tmp')}\``;
}

function needInProduction(readers: readonly Process[], name: string): string {
  const isNeeded = (complete: Record<string, string>): boolean =>
    readers.some(({ fragments }) => problemsOf(fragments, { ...complete, [name]: '' }).length > 0);
  if (isNeeded({ ...COMPLETE, ...STORE }) && isNeeded({ ...COMPLETE, ...FOLDER, ...STORE })) return '**yes**';
  return isNeeded({ ...COMPLETE, ...STORE }) ? '**store**' : 'default';
}

function problemsOf(fragments: readonly EnvFragment[], variables: Record<string, string>): readonly string[] {
  try {
    readEnvironment(fragments, variables);
    return [];
  } catch (error) {
    if (error instanceof EnvironmentError) return error.problems;
    throw error;
  }
}

/** Reads the sections of .env.example. Another test checks that it has every variable once. */
async function readSections(): Promise<Section[]> {
  const text = await readFile(join(ROOT, '.env.example'), 'utf8');
  const [, ...parts] = text.split(/^# --- (?=\S)/m);
  return parts.map((part) => {
    const samples = [...part.matchAll(/^(?:# )?([A-Z][A-Z0-9_]*)=(.*)$/gm)];
    return {
      title: /^(.*?) -+$/m.exec(part)?.[1] ?? '',
      samples: samples.map(([, name = '', example = '']) => [name, example] as const),
    };
  });
}

/** Finds the apps with an env.ts and the fragments that they read. */
async function readProcesses(): Promise<Process[]> {
  const apps = (await readdir(join(ROOT, 'apps'), { recursive: true })).filter((path) =>
    /^[^/]+\/src\/env\.ts$/.test(path),
  );
  return Promise.all(
    apps.toSorted().map(async (path) => {
      const lists = Object.values((await import(join(ROOT, 'apps', path))) as Record<string, readonly EnvFragment[]>);
      return { name: path.split('/')[0] ?? '', fragments: [...new Set(lists.flat())] };
    }),
  );
}

/** Reads the TSDoc of every field of every fragment, each as one line. */
async function readMeanings(): Promise<Map<string, string>> {
  const files = await Promise.all(
    ['apps', 'libs'].map(async (folder) =>
      (await readdir(join(ROOT, folder), { recursive: true }))
        .filter((path) => path.endsWith('.env.ts'))
        .map((path) => join(ROOT, folder, path)),
    ),
  );
  const meanings = await Promise.all(files.flat().map(async (file) => meaningsIn(await readFile(file, 'utf8'))));
  return new Map(meanings.flat());
}

export function meaningsIn(code: string): [name: string, meaning: string][] {
  const source = ts.createSourceFile('fragment.ts', code, ts.ScriptTarget.Latest, true);
  const fields = source.statements
    .filter(ts.isClassDeclaration)
    .flatMap(({ members }) => members.filter(ts.isPropertyDeclaration));
  return fields.flatMap((field) => {
    const [comment] = ts.getJSDocCommentsAndTags(field);
    const text = comment === undefined ? undefined : ts.getTextOfJSDocComment(comment.comment);
    return text === undefined ? [] : [[field.name.getText(source), text.replaceAll(/\s+/g, ' ')]];
  });
}
