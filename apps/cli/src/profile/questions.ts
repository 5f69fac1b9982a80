import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { Writable } from 'node:stream';
import { Stopped, UsageError } from '../failure.js';
import { printable } from '../screen/printable.js';

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

type Input = NodeJS.ReadableStream & { readonly isTTY?: boolean };

/** Asks a terminal for a user name and, without showing it, a password; else reads them from what is piped. */
export class Questions {
  constructor(
    private readonly input: Input,
    private readonly output: NodeJS.WritableStream,
    private readonly signal: AbortSignal,
  ) {}

  async credentials(host: string, username: string | null): Promise<Credentials> {
    if (this.input.isTTY !== true) return this.piped(username);
    this.output.write(`Sign in at ${printable(host)}\n`);
    return this.asked(username);
  }

  /** The password, or two lines: user name and password. */
  private async piped(given: string | null): Promise<Credentials> {
    const lines = (await text(this.input)).replace(/\r?\n$/, '').split(/\r?\n/);
    const [username = '', password = '', ...others] = given === null ? lines : [given, ...lines];
    if (username !== '' && password !== '' && others.length === 0) return { username, password };
    throw new UsageError(
      'Standard input must hold the user name and the password, on a line each; with --user NAME, the password only.',
    );
  }

  private async asked(given: string | null): Promise<Credentials> {
    let isHidden = given !== null;
    const shown = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        if (!isHidden) this.output.write(chunk);
        done();
      },
    });
    const terminal = createInterface({
      input: this.input,
      output: shown,
      prompt: 'User name: ',
      terminal: true,
      historySize: 0,
    });
    // At once with the first line: what is pasted behind the name would be shown until its question comes.
    terminal.once('line', () => (isHidden = true));
    terminal.once('SIGINT', () => terminal.close());
    this.signal.addEventListener('abort', () => terminal.close());
    const lines = terminal[Symbol.asyncIterator]();
    try {
      if (given === null) terminal.prompt();
      const username = given ?? (await answer(lines));
      return { username, password: await this.hidden('Password: ', lines) };
    } finally {
      terminal.close();
    }
  }

  private async hidden(prompt: string, lines: AsyncIterator<string>): Promise<string> {
    this.output.write(prompt);
    try {
      return await answer(lines);
    } finally {
      this.output.write('\n');
    }
  }
}

async function answer(lines: AsyncIterator<string>): Promise<string> {
  const { value, done } = await lines.next();
  if (done === true) throw new Stopped();
  return value;
}
