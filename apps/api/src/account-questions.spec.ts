import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { AccountQuestions, NoAnswerError, type AccountAnswers } from './account-questions.js';

const ENTER = '\r';
const CTRL_C = '\u0003';
const CTRL_D = '\u0004';

class Conversation {
  private readonly input = new PassThrough();
  private readonly output = new PassThrough();
  shown = '';

  constructor(isTTY: boolean) {
    Object.assign(this.input, { isTTY });
    this.output.on('data', (chunk: Buffer) => (this.shown += chunk.toString()));
  }

  type(...texts: string[]): this {
    for (const text of texts) this.input.write(text);
    return this;
  }

  ends(): this {
    this.input.end();
    return this;
  }

  ask(...args: string[]): Promise<AccountAnswers> {
    return new AccountQuestions(this.input, this.output).ask(args);
  }
}

describe('the questions for a new account', () => {
  it('ask a terminal for everything and show no password', async () => {
    const terminal = new Conversation(true).type('ada', ENTER, 'correct horse', ENTER, 'correct horse', ENTER);
    expect(await terminal.ask()).toEqual({ username: 'ada', password: 'correct horse' });
    expect(terminal.shown).toContain('User name: ');
    expect(terminal.shown).toContain('Password again: ');
    expect(terminal.shown).not.toContain('correct');
  });

  it('ask for the password only where the name is given', async () => {
    const terminal = new Conversation(true).type('correct horse', ENTER, 'correct horse', ENTER);
    expect(await terminal.ask('ada')).toEqual({ username: 'ada', password: 'correct horse' });
    expect(terminal.shown).not.toContain('User name');
  });

  it('refuse two passwords that differ', async () => {
    const terminal = new Conversation(true).type('correct horse', ENTER, 'correct house', ENTER);
    await expect(terminal.ask('ada')).rejects.toThrow('differ');
  });

  it.each([
    ['Ctrl-C', CTRL_C],
    ['Ctrl-D', CTRL_D],
  ])('stop at %s', async (_, key) => {
    await expect(new Conversation(true).type('ada', ENTER, key).ask()).rejects.toThrow('Stopped');
  });

  it.each([
    ['a line', 'correct horse\n'],
    ['a line of another system', 'correct horse\r\n'],
    ['no line end', 'correct horse'],
  ])('read a piped password: %s', async (_, piped) => {
    expect(await new Conversation(false).type(piped).ends().ask('ada')).toEqual({
      username: 'ada',
      password: 'correct horse',
    });
  });

  it('keep spaces: they belong to the password', async () => {
    expect(await new Conversation(false).type(' a b \n').ends().ask('ada')).toMatchObject({ password: ' a b ' });
  });

  it.each([
    ['nothing piped', '', ['ada'], /No password came/],
    ['two lines piped', 'one\ntwo\n', ['ada'], /on one line/],
    ['no name where there is no terminal', 'correct horse', [], /no terminal/],
    ['a password as an argument', '', ['ada', 'correct horse'], /others can read/],
    ['an option', '', ['--help'], /npm run user:add -- \[name\]/],
  ])('say what to do about %s', async (_, piped, args, message) => {
    const asked = new Conversation(false)
      .type(piped)
      .ends()
      .ask(...args);
    await expect(asked).rejects.toThrow(NoAnswerError);
    await expect(asked).rejects.toThrow(message);
  });
});
