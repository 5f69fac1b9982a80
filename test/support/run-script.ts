import { spawn } from 'node:child_process';
import { join } from 'node:path';

export const PROJECT = join(import.meta.dirname, '../..');

export interface ScriptEnd {
  readonly exitCode: number | null;
  /** Standard output and standard error together. */
  readonly output: string;
}

export interface ScriptOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** The content of standard input. */
  readonly input?: string;
  /** Instead of `input`: the text to type after each of these prompts. */
  readonly answers?: readonly (readonly [prompt: string, typed: string])[];
  readonly cwd?: string;
}

/** Runs a command in the project folder to its end. */
export async function runScript(
  [command = '', ...args]: readonly string[],
  { env = {}, input = '', answers = [], cwd = PROJECT }: ScriptOptions = {},
): Promise<ScriptEnd> {
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: 'pipe' });
  let output = '';
  let seen = 0;
  const waiting = [...answers];
  const take = (chunk: Buffer): void => {
    output += chunk.toString();
    for (let [next] = waiting; next !== undefined && output.includes(next[0], seen); [next] = waiting) {
      seen = output.indexOf(next[0], seen) + next[0].length;
      child.stdin.write(next[1]);
      waiting.shift();
    }
  };
  for (const stream of [child.stdout, child.stderr]) stream.on('data', take);
  // A command that fails at once does not read its input.
  child.stdin.on('error', () => {});
  if (answers.length === 0) child.stdin.end(input);
  const exitCode = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { exitCode, output };
}
