import { text } from 'node:stream/consumers';
import { AbortedError } from '@app/client';
import askInput from '@inquirer/input';
import askPassword from '@inquirer/password';
import { UsageError } from '../failure.js';
import { printable } from '../screen/printable.js';

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

export interface PromptStreams {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly output: NodeJS.WritableStream;
  readonly signal: AbortSignal;
}

const THEME = { prefix: '' };

/** Asks a terminal for a user name and, without showing it, a password; reads both from piped input. */
export async function readCredentials(
  host: string,
  username: string | null,
  streams: PromptStreams,
): Promise<Credentials> {
  if (streams.input.isTTY !== true) return parsePiped(await text(streams.input), username);
  streams.output.write(`Sign in at ${printable(host)}\n`);
  const context = { ...streams, signal: AbortSignal.any([streams.signal, endOf(streams.input)]) };
  try {
    return {
      username: username ?? (await askInput({ message: 'User name:', required: true, theme: THEME }, context)),
      password: await askPassword({ message: 'Password:', theme: THEME }, context),
    };
  } catch (cause) {
    throw ['ExitPromptError', 'AbortPromptError'].includes((cause as Error).name)
      ? new AbortedError('The sign-in was canceled.', { cause })
      : cause;
  }
}

/** The password, or two lines: user name and password. */
function parsePiped(piped: string, given: string | null): Credentials {
  const lines = piped.replace(/\r?\n$/, '').split(/\r?\n/);
  const [username = '', secret = '', ...others] = given === null ? lines : [given, ...lines];
  if (username !== '' && secret !== '' && others.length === 0) return { username, password: secret };
  throw new UsageError(
    'Standard input must contain the user name and the password, each on its own line; with --user NAME, only the password.',
  );
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
