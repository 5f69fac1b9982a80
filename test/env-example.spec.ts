import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CoreEnv, EnvironmentError, readEnvironment, variableNames, type EnvFragment } from '@app/config';
import { beforeAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');

interface Sample {
  readonly value: string;
  /** `NAME=value`, not `# NAME=value`. */
  readonly isActive: boolean;
}

function readSamples(text: string): [string, Sample][] {
  return [...text.matchAll(/^(# )?([A-Z][A-Z0-9_]*)=(.*)$/gm)].map(([, commented, name = '', value = '']) => [
    name,
    { value, isActive: commented === undefined },
  ]);
}

async function sourceFiles(): Promise<string[]> {
  const folders = await Promise.all(
    ['apps', 'libs'].map(async (folder) =>
      (await readdir(join(root, folder), { recursive: true })).map((path) => join(folder, path)),
    ),
  );
  return folders.flat().filter((path) => path.endsWith('.ts') && !path.endsWith('spec.ts'));
}

async function fragmentOf(path: string): Promise<EnvFragment> {
  const exported = Object.values((await import(join(root, path))) as Record<string, unknown>);
  const [fragment, ...others] = exported.filter((value) => typeof value === 'function' && value.name.endsWith('Env'));
  if (fragment === undefined || others.length > 0) throw new Error(`${path} must export one class named …Env`);
  return fragment as EnvFragment;
}

/** Each variable with its default as text; empty if it has none. */
function defaultsOf(fragment: EnvFragment): [string, string][] {
  const defaults = new fragment() as Record<string, string | number | boolean | undefined>;
  return Object.entries(defaults).map(([name, value]) => [name, String(value ?? '').replace(tmpdir(), '/tmp')]);
}

describe('.env.example', () => {
  let samples: Map<string, Sample>;
  let names: string[];
  let files: string[];
  let fragments: EnvFragment[];

  beforeAll(async () => {
    const entries = readSamples(await readFile(join(root, '.env.example'), 'utf8'));
    names = entries.map(([name]) => name);
    samples = new Map(entries);
    files = await sourceFiles();
    fragments = await Promise.all(files.filter((path) => path.endsWith('.env.ts')).map(fragmentOf));
  });

  const sampleVariables = (): Record<string, string> =>
    Object.fromEntries([...samples].map(([name, { value }]) => [name, value]));

  it('names every variable that the code reads, once, and no other', () => {
    expect(fragments).toContain(CoreEnv);
    const read = new Set(fragments.flatMap(variableNames));
    expect(names.toSorted()).toEqual([...read].toSorted());
  });

  it('shows the default of each variable that has one', () => {
    const defaults = fragments.flatMap(defaultsOf).filter(([, value]) => value !== '');
    const shown = defaults.map(([name]) => [name, samples.get(name)?.value]);
    expect(shown).toEqual(defaults);
  });

  it('can be copied unchanged: variables without a default, and those that npm start sets, are commented out', () => {
    const withoutDefault = fragments.flatMap(defaultsOf).filter(([, value]) => value === '');
    const active = [...withoutDefault, ['FFMPEG_PATH'], ['WORK_DIRECTORY']].filter(
      ([name = '']) => samples.get(name)?.isActive,
    );
    expect(active).toEqual([]);
  });

  it('has values that the code accepts', () => {
    expect(() => readEnvironment(fragments, sampleVariables())).not.toThrow();
  });

  it('has a SECRET_KEY that production rejects', () => {
    const production = { ...sampleVariables(), ENV: 'production' };
    expect(problemsIn(production)).toContainEqual(expect.stringMatching(/^SECRET_KEY /));
    expect(problemsIn({ ...production, SECRET_KEY: randomBytes(32).toString('hex') })).not.toContainEqual(
      expect.stringMatching(/^SECRET_KEY /),
    );
  });

  it('covers every fragment: only *.env.ts files use the decorators', async () => {
    const strays = await Promise.all(
      files
        .filter((path) => !path.endsWith('.env.ts') && !path.endsWith('env-fields.ts'))
        .map(async (path) => (/@Env[A-Z]\w*\(/.test(await readFile(join(root, path), 'utf8')) ? [path] : [])),
    );
    expect(strays.flat()).toEqual([]);
  });

  function problemsIn(variables: Record<string, string>): readonly string[] {
    try {
      readEnvironment(fragments, variables);
      return [];
    } catch (error) {
      if (error instanceof EnvironmentError) return error.problems;
      throw error;
    }
  }
});
