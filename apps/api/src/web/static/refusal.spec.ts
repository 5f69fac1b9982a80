import { describe, expect, it } from 'vitest';
import { Refusal, refusalOf, Unreachable } from './refusal.js';

const problem = (code: string, detail: string): string => JSON.stringify({ code, detail });

/** What the page makes of an answer. */
function read(status: number, text: string, retryAfter: string | null = null): Refusal {
  const error = refusalOf(status, text, retryAfter);
  if (!(error instanceof Refusal)) throw new Error('It is no refusal');
  return error;
}

describe('a refusal', () => {
  it('says what the service says', () => {
    const { status, code, message } = read(415, problem('unsupported_media_type', 'This is no video.'));
    expect({ status, code, message }).toEqual({
      status: 415,
      code: 'unsupported_media_type',
      message: 'This is no video.',
    });
  });

  it.each([
    [413, problem('payload_too_large', 'The file is larger than 17179869184 bytes.'), /larger than this service takes/],
    [413, '<html>413 Request Entity Too Large</html>', /larger than this service takes/],
    [429, '<html>Too Many Requests</html>', /too much at once/],
    [429, problem('quota', 'You have 100 videos waiting.'), /100 videos waiting/],
    [500, '', /\(500\). Try again later/],
    [400, 'null', /\(400\)/],
    [400, '"text"', /\(400\)/],
  ])('has words for people where %d says %j', (status, text, words) => {
    expect(read(status, text).message).toMatch(words);
  });

  it.each([502, 503, 504])('%d without a code is a gateway, behind which nobody answers', (status) => {
    expect(refusalOf(status, '<html>Bad Gateway</html>', null)).toBeInstanceOf(Unreachable);
  });

  it.each([
    [503, '7', 7_000],
    [429, '7', 7_000],
    [503, null, 5_000],
    [503, 'Wed, 21 Oct 2026 07:28:00 GMT', 5_000],
    [503, '-1', 5_000],
    [503, '1e9', 600_000],
    [413, '7', null],
    [500, null, null],
  ])('%d with Retry-After %j may be tried again in %j ms', (status, retryAfter, expected) => {
    expect(read(status, problem('a_code', 'Words.'), retryAfter).retryAfterMs).toBe(expected);
  });

  it('asks to sign in again only where the token is worth nothing, not where a password is wrong', () => {
    const codes = ['unauthorized', 'invalid_credentials'];
    expect(codes.map((code) => read(401, problem(code, 'Words.')).isSignedOut)).toEqual([true, false]);
  });
});
