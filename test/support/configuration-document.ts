import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EnvironmentError, kindOf, readEnvironment, variableNames, type EnvFragment } from '@app/config';
import ts from 'typescript';

const ROOT = join(import.meta.dirname, '../..');

const INTRODUCTION = `# Configuration

<!-- Written by \`npm run docs:configuration\` from the code and .env.example: do not edit it by hand. -->

Every variable that the service reads. A process takes its environment first, then a \`.env\` file in the folder that it
is started in; an empty value counts as not set. A wrong value stops the start, and all problems are printed at once.

\`npm start\` brings its own PostgreSQL, RabbitMQ, storage, ffmpeg, \`SECRET_KEY\` and \`WORK_DIRECTORY\` where the variables
below do not give others, so it needs no \`.env\`. To change a variable, write its line from \`.env.example\` to \`.env\`. For
Docker Compose, run \`sh deploy/env-init.sh\` first: it writes a \`.env\` with random secrets, to which you can add lines.

In the column "production": **yes** must be set, **store** must be set where \`STORAGE_DIRECTORY\` is not, **default** may
be left out.
`;

/** A complete production environment, with either kind of storage. */
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

/** The text of docs/configuration.md, as the code has it now. */
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

/** The sections of .env.example, which has every variable once (another test sees to that). */
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

/** Every app with an env.ts, and the fragments that it reads. */
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

/** The TSDoc of every field of every fragment, on one line each. */
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
