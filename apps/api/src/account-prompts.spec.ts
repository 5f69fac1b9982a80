import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { NoAnswerError, readNewAccount, type AccountAnswers } from './account-prompts.js';

const ENTER = '\r';
const CTRL_C = '\u0003';
const CTRL_D = '\u0004';

/** A terminal, or a pipe, at which a user answers the prompts. */
class Conversation {
  private readonly input = new PassThrough();
  private readonly output = new PassThrough();
  private readonly answers: (readonly [prompt: string, typed: string])[] = [];
  private seen = 0;
  shown = '';

  constructor(isTTY: boolean) {
    Object.assign(this.input, { isTTY });
    // A prompt ends its output, which a terminal ignores.
    Object.assign(this.output, { end: () => this.output });
    this.output.on('data', (chunk: Buffer) => {
      this.shown += stripVTControlCharacters(chunk.toString());
      this.answerShown();
    });
  }

  /** Types once the prompt is shown. */
  answer(prompt: string, typed: string): this {
    this.answers.push([prompt, typed]);
    return this;
  }

  pipe(text: string): this {
    this.input.end(text);
    return this;
  }

  read(...args: string[]): Promise<AccountAnswers> {
    return readNewAccount(args, { input: this.input, output: this.output });
  }

  private answerShown(): void {
    const [next] = this.answers;
    if (next === undefined || !this.shown.includes(next[0], this.seen)) return;
    this.seen = this.shown.length;
    this.answers.shift();
    // A user types after the prompt listens, not while it is drawn.
    setImmediate(() => this.input.write(next[1]));
  }
}

const terminal = (): Conversation => new Conversation(true);
const pipe = (text: string): Conversation => new Conversation(false).pipe(text);

describe('the prompts for a new account', () => {
  it('ask a terminal for all values and do not show the password', async () => {
    const conversation = terminal()
      .answer('User name:', `ada${ENTER}`)
      .answer('Password:', `correct horse${ENTER}`)
      .answer('Repeat the password:', `correct horse${ENTER}`);
    expect(await conversation.read()).toEqual({ username: 'ada', password: 'correct horse' });
    expect(conversation.shown).toContain('ada');
    expect(conversation.shown).not.toContain('correct');
  });

  it('ask for the password only if the name is given', async () => {
    const conversation = terminal()
      .answer('Password:', `correct horse${ENTER}`)
      .answer('Repeat the password:', `correct horse${ENTER}`);
    expect(await conversation.read('ada')).toEqual({ username: 'ada', password: 'correct horse' });
    expect(conversation.shown).not.toContain('User name');
  });

  it('do not show a password that is pasted together with the name', async () => {
    const conversation = terminal()
      .answer('User name:', `ada${ENTER}correct horse${ENTER}`)
      .answer('Password:', CTRL_C);
    await expect(conversation.read()).rejects.toThrow('Canceled');
    expect(conversation.shown).not.toContain('correct');
  });

  it('reject two passwords that differ', async () => {
    const conversation = terminal()
      .answer('Password:', `correct horse${ENTER}`)
      .answer('Repeat the password:', `correct house${ENTER}`);
    await expect(conversation.read('ada')).rejects.toThrow('do not match');
  });

  it.each([
    ['Ctrl-C', CTRL_C],
    ['Ctrl-D', CTRL_D],
  ])('end at %s', async (_, key) => {
    const conversation = terminal().answer('User name:', `ada${ENTER}`).answer('Password:', key);
    await expect(conversation.read()).rejects.toThrow('Canceled');
  });

  it.each([
    ['a line', 'correct horse\n'],
    ['a line of another system', 'correct horse\r\n'],
    ['no line end', 'correct horse'],
  ])('read a piped password: %s', async (_, piped) => {
    expect(await pipe(piped).read('ada')).toEqual({ username: 'ada', password: 'correct horse' });
  });

  it('keep spaces, which belong to the password', async () => {
    expect(await pipe(' a b \n').read('ada')).toMatchObject({ password: ' a b ' });
  });

  it.each([
    ['nothing piped', '', ['ada'], /contains no password/],
    ['two lines piped', 'one\ntwo\n', ['ada'], /on one line/],
    ['no name without a terminal', 'correct horse', [], /no terminal/],
    ['a password as an argument', '', ['ada', 'correct horse'], /other users can read/],
    ['an option', '', ['--help'], /npm run user:add -- \[name\]/],
  ])('say what to do about %s', async (_, piped, args, message) => {
    const answers = pipe(piped).read(...args);
    await expect(answers).rejects.toThrow(NoAnswerError);
    await expect(answers).rejects.toThrow(message);
  });
});
