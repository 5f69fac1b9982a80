import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';

/** A validated class whose properties have the names of environment variables. */
export type EnvFragment<T extends object = object> = new () => T;

/**
 * A fragment that checks several of its variables together or is stricter in production. Returns one sentence for each
 * problem.
 */
export interface CrossChecked {
  problems(isProduction: boolean): string[];
}

export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError';

  constructor(readonly problems: readonly string[]) {
    super(['The configuration has these problems:', ...problems.map((problem) => `  - ${problem}`)].join('\n'));
  }
}

/** The validated fragments of one process. */
export class Environment {
  constructor(private readonly values: ReadonlyMap<EnvFragment, object>) {}

  get<T extends object>(fragment: EnvFragment<T>): T {
    const value = this.values.get(fragment);
    if (value === undefined) throw new Error(`${fragment.name} is not part of this process's environment`);
    return value as T;
  }

  get entries(): [EnvFragment, object][] {
    return [...this.values];
  }
}

export type Variables = Readonly<Record<string, string | undefined>>;

/** Returns the variables of this process and, for those that are not set, of a `.env` file in the working folder. */
export function processVariables(): Variables {
  // oxlint-disable-next-line node/no-process-env -- the only reader of the environment
  return { ...readDotEnv(), ...process.env };
}

/** Reads and validates every fragment; throws one EnvironmentError that names all problems at once. */
export function readEnvironment(
  fragments: readonly EnvFragment[],
  variables: Variables = processVariables(),
): Environment {
  const problems: string[] = [];
  const values = new Map<EnvFragment, object>();
  for (const fragment of fragments) {
    const value = plainToInstance(fragment, pick(new fragment(), variables), { exposeDefaultValues: true });
    problems.push(...problemsOf(value, variables.ENV === 'production'));
    values.set(fragment, value);
  }
  if (problems.length > 0) throw new EnvironmentError([...new Set(problems)]);
  return new Environment(values);
}

/** The names of the variables that a fragment reads. */
export function variableNames(fragment: EnvFragment): string[] {
  return Object.keys(new fragment());
}

function pick(defaults: object, variables: Variables): Record<string, string> {
  const picked: Record<string, string> = {};
  for (const name of Object.keys(defaults)) {
    const value = variables[name];
    // An empty value means "not set": Compose passes unset variables on as empty ones.
    if (value !== undefined && value !== '') picked[name] = value;
  }
  return picked;
}

function problemsOf(value: object, isProduction: boolean): string[] {
  const invalid = validateSync(value, { stopAtFirstError: true }).flatMap((error) =>
    Object.values(error.constraints ?? {}),
  );
  if (invalid.length > 0 || !isCrossChecked(value)) return invalid;
  return value.problems(isProduction);
}

function isCrossChecked(value: object): value is CrossChecked {
  return 'problems' in value && typeof value.problems === 'function';
}

function readDotEnv(): Variables {
  try {
    return parseEnv(readFileSync('.env', 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new EnvironmentError([`.env cannot be read: ${(error as Error).message}`]);
  }
}
