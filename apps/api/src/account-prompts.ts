import { text } from 'node:stream/consumers';
import askInput from '@inquirer/input';
import askPassword from '@inquirer/password';

export const USAGE = `npm run user:add -- [name]

Asks for missing values. Without a terminal, the password is read from standard input:
  npm run user:add -- ada < password.txt`;

/** The account cannot be created; the message says what to do. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';
}

export interface AccountAnswers {
  readonly username: string;
  readonly password: string;
}

export interface PromptStreams {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly output: NodeJS.WritableStream;
}

const THEME = { prefix: '' };

/** Asks a terminal for the name and, without showing it, the password of a new account; reads a piped password otherwise. */
export async function readNewAccount(args: readonly string[], streams: PromptStreams): Promise<AccountAnswers> {
  const [name, ...others] = args;
  if (name?.startsWith('-') === true) throw new NoAnswerError(USAGE);
  if (others.length > 0) {
    throw new NoAnswerError(`Give the name only: other users can read the arguments of a command.\n\n${USAGE}`);
  }
  if (streams.input.isTTY === true) return askTerminal(name, streams);
  if (name === undefined) throw new NoAnswerError(`The name is missing, and there is no terminal.\n\n${USAGE}`);
  return { username: name, password: parsePiped(await text(streams.input)) };
}

/** Rejects a second line, so that no account gets another password than the intended one. */
function parsePiped(piped: string): string {
  const password = piped.replace(/\r?\n$/, '');
  if (password === '') throw new NoAnswerError(`Standard input contains no password.\n\n${USAGE}`);
  if (/[\r\n]/.test(password)) throw new NoAnswerError('Standard input must contain the password only, on one line.');
  return password;
}

async function askTerminal(name: string | undefined, { input, output }: PromptStreams): Promise<AccountAnswers> {
  const streams = { input, output, signal: endOf(input) };
  try {
    const username = name ?? (await askInput({ message: 'User name:', required: true, theme: THEME }, streams));
    const password = await askPassword({ message: 'Password:', theme: THEME }, streams);
    const repeated = await askPassword({ message: 'Repeat the password:', theme: THEME }, streams);
    if (password === repeated) return { username, password };
  } catch (cause) {
    if (!['ExitPromptError', 'AbortPromptError'].includes((cause as Error).name)) throw cause;
    throw new NoAnswerError('Canceled. No account was created.', { cause });
  }
  throw new NoAnswerError('The passwords do not match. No account was created.');
}

/** Returns a signal for the end of the input, such as Ctrl-D, at which the prompts would wait forever. */
function endOf(input: NodeJS.ReadableStream): AbortSignal {
  const ended = new AbortController();
  const abort = (): void => ended.abort();
  input.once('end', abort).on('keypress', (_text: string, key: { ctrl?: boolean; name?: string }) => {
    if (key.ctrl === true && key.name === 'd') abort();
  });
  return ended.signal;
}
