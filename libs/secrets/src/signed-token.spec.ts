import { describe, expect, it } from 'vitest';
import { SignedTokens, UNSUBSCRIBE_LINKS, VERIFICATION_LINKS } from './signed-token.js';

describe('SignedTokens', () => {
  const sut = new SignedTokens<{ user: number }>('a secret key', UNSUBSCRIBE_LINKS);
  const token = sut.sign({ user: 7 });

  it('reads the tokens that it signed', () => {
    expect(sut.verify(token)).toEqual({ user: 7 });
  });

  it('writes tokens that need no encoding in a URL', () => {
    expect(encodeURIComponent(token)).toBe(token);
  });

  it.each([
    ['another key', new SignedTokens('another key', UNSUBSCRIBE_LINKS)],
    ['another purpose', new SignedTokens('a secret key', VERIFICATION_LINKS)],
  ])('rejects a token of %s', (_name, other) => {
    expect(other.verify(token)).toBeNull();
  });

  const [body = '', mac = ''] = token.split('.');
  const forged = Buffer.from('{"user":8}').toString('base64url');
  it.each(['', '.', body, `${body}.`, `.${mac}`, `${forged}.${mac}`, `${token}.${mac}`, 'x'.repeat(5000)])(
    'rejects %s',
    (changed) => {
      expect(sut.verify(changed)).toBeNull();
    },
  );
});
