import { describe, expect, it } from 'vitest';
import { ProblemError } from './problem.js';

const problem = (code: string, detail: string): string => JSON.stringify({ code, detail });

describe('a problem', () => {
  it('says what the service says', () => {
    const { status, code, message } = new ProblemError(415, problem('unsupported_media_type', 'This is no video.'));
    expect({ status, code, message }).toEqual({
      status: 415,
      code: 'unsupported_media_type',
      message: 'This is no video.',
    });
  });

  it.each([
    [
      413,
      problem('payload_too_large', 'The file is larger than 17179869184 bytes.'),
      /larger than this service accepts/,
    ],
    [413, '<html>413 Request Entity Too Large</html>', /larger than this service accepts/],
    [429, '<html>Too Many Requests</html>', /too many requests at once/],
    [429, problem('quota', 'You have 100 videos waiting.'), /100 videos waiting/],
    [500, '', /\(500\). Try again later/],
    [400, 'null', /\(400\)/],
    [400, '"text"', /\(400\)/],
  ])('has a sentence for users if %d comes with %j', (status, text, words) => {
    expect(new ProblemError(status, text).message).toMatch(words);
  });

  it.each([502, 503, 504])('%d without a code comes from a gateway', (status) => {
    expect(new ProblemError(status, '<html>Bad Gateway</html>').isFromGateway).toBe(true);
    expect(new ProblemError(status, problem('a_code', 'Words.')).isFromGateway).toBe(false);
  });

  it('has the messages of the fields as sentences', () => {
    const errors = [
      { field: 'username', message: 'username is missing' },
      { field: 'password', message: 'password is too short' },
      { field: 'email' },
      null,
    ];
    const { message, fields } = new ProblemError(400, JSON.stringify({ detail: 'See "errors".', errors }));
    expect(message).toBe('Username is missing. Password is too short.');
    expect(fields).toEqual(errors.slice(0, 2));
  });

  it.each([
    [503, '7', 7_000],
    [429, '7', 7_000],
    [503, null, null],
    [503, 'Wed, 21 Oct 2026 07:28:00 GMT', null],
    [503, '-1', null],
    [503, '1e9', 600_000],
  ])('%d with Retry-After %j asks to wait for %j ms', (status, retryAfter, expected) => {
    expect(new ProblemError(status, problem('a_code', 'Words.'), retryAfter).retryAfterMs).toBe(expected);
  });

  it('asks for a new sign-in if the token is invalid, not if a password is incorrect', () => {
    const codes = ['unauthorized', 'invalid_credentials'];
    expect(codes.map((code) => new ProblemError(401, problem(code, 'Words.')).isUnauthorized)).toEqual([true, false]);
  });

  it.each([
    [429, true],
    [500, true],
    [502, true],
    [503, true],
    [504, true],
    [400, false],
    [401, false],
    [413, false],
    [501, false],
  ])('%d can pass: %s', (status, isTemporary) => {
    expect(new ProblemError(status, '').isTemporary).toBe(isTemporary);
  });
});
