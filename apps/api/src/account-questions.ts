import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { Writable } from 'node:stream';

export const USAGE = `npm run user:add -- [name]

Asks for what is not given. Where there is no terminal, the password is read from standard input:
  npm run user:add -- ada < password.txt`;

/** Nobody answered; the message says what to do instead. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';
}

export interface AccountAnswers {
  readonly username: string;
  readonly password: string;
}

type Input = NodeJS.ReadableStream & { readonly isTTY?: boolean };

/** Asks a terminal for the name and, without showing it, the password of a new account; else reads a piped password. */
export class AccountQuestions {
  constructor(
    private readonly input: Input,
    private readonly output: NodeJS.WritableStream,
  ) {}

  async ask(args: readonly string[]): Promise<AccountAnswers> {
    const [name, ...others] = args;
    if (name?.startsWith('-') === true) throw new NoAnswerError(USAGE);
    if (others.length > 0) {
      throw new NoAnswerError(`Give the name only: whatever else stands in a command, others can read.\n\n${USAGE}`);
    }
    if (this.input.isTTY === true) return this.askTerminal(name);
    if (name === undefined) throw new NoAnswerError(`There is no terminal to ask for the name.\n\n${USAGE}`);
    return { username: name, password: await this.pipedPassword() };
  }

  /** One line: a second one is a mistake, and an account with another password than the one meant helps nobody. */
  private async pipedPassword(): Promise<string> {
    const password = (await text(this.input)).replace(/\r?\n$/, '');
    if (password === '') throw new NoAnswerError(`No password came from standard input.\n\n${USAGE}`);
    if (/[\r\n]/.test(password)) throw new NoAnswerError('Standard input must hold the password only, on one line.');
    return password;
  }

  private async askTerminal(name: string | undefined): Promise<AccountAnswers> {
    let isHidden = name !== undefined;
    const output = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        if (!isHidden) this.output.write(chunk);
        done();
      },
    });
    const terminal = createInterface({
      input: this.input,
      output,
      prompt: 'User name: ',
      terminal: true,
      historySize: 0,
    });
    terminal.once('SIGINT', () => terminal.close());
    // Not after its answer was taken: what is pasted behind the name would be shown until then.
    terminal.once('line', () => (isHidden = true));
    // One reader for all answers: pasted lines wait in it for their questions.
    const lines = terminal[Symbol.asyncIterator]();
    try {
      if (name === undefined) terminal.prompt();
      const username = name ?? (await answer(lines));
      const password = await this.hiddenAnswer('Password: ', lines);
      const repeated = await this.hiddenAnswer('Password again: ', lines);
      if (password !== repeated) throw new NoAnswerError('The two passwords differ. Nothing was created.');
      return { username, password };
    } finally {
      terminal.close();
    }
  }

  private async hiddenAnswer(prompt: string, lines: AsyncIterator<string>): Promise<string> {
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
  if (done === true) throw new NoAnswerError('Stopped. Nothing was created.');
  return value;
}
