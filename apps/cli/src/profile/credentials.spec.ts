import { PassThrough } from 'node:stream';
import { AbortedError } from '@app/client';
import { describe, expect, it } from 'vitest';
import { readCredentials, type Credentials } from './credentials.js';

/** Types each text after its prompt is shown. */
function signIn(answers: readonly (readonly [prompt: string, typed: string])[]): {
  credentials: Promise<Credentials>;
  shown: () => string;
} {
  const input = Object.assign(new PassThrough(), { isTTY: true });
  const output = new PassThrough();
  // A prompt ends its output, which a terminal ignores.
  Object.assign(output, { end: () => output });
  const waiting = [...answers];
  let shown = '';
  output.on('data', (chunk: Buffer) => {
    shown += chunk.toString();
    const [next] = waiting;
    if (next === undefined || !shown.includes(next[0])) return;
    waiting.shift();
    setImmediate(() => input.write(next[1]));
  });
  const { signal } = new AbortController();
  return { credentials: readCredentials('mp3.example.org', null, { input, output, signal }), shown: () => shown };
}

describe('the prompts for a sign-in', () => {
  it('show the user name, and not the password', async () => {
    const { credentials, shown } = signIn([
      ['User name:', 'ada\r'],
      ['Password:', 'correct horse\r'],
    ]);
    expect(await credentials).toEqual({ username: 'ada', password: 'correct horse' });
    expect(shown()).toContain('ada');
    expect(shown()).not.toContain('correct');
  });

  it.each([
    ['Ctrl-C', '\u0003'],
    ['Ctrl-D', '\u0004'],
  ])('end at %s', async (_name, key) => {
    const { credentials } = signIn([
      ['User name:', 'ada\r'],
      ['Password:', key],
    ]);
    await expect(credentials).rejects.toBeInstanceOf(AbortedError);
  });
});
