import { describe, expect, it } from 'vitest';
import { SecretBox, deriveKey } from './secret-box.js';

describe('SecretBox', () => {
  const sut = new SecretBox('a secret key', 'webhooks');

  it('opens the secrets that it sealed', () => {
    expect(sut.open(sut.seal('whsec_äöü'))).toBe('whsec_äöü');
  });

  it('seals the same secret differently each time', () => {
    expect(sut.seal('whsec').equals(sut.seal('whsec'))).toBe(false);
  });

  it.each([
    ['another key', new SecretBox('another key', 'webhooks')],
    ['another purpose', new SecretBox('a secret key', 'callbacks')],
  ])('does not open a secret with %s', (_name, other) => {
    expect(() => other.open(sut.seal('whsec'))).toThrow(/cannot be decrypted/);
  });

  it.each([0, 12, 20])('does not open a secret that was changed at byte %i', (position) => {
    const sealed = sut.seal('a longer secret');
    sealed[position] = (sealed[position] ?? 0) ^ 1;
    expect(() => sut.open(sealed)).toThrow(/cannot be decrypted/);
  });

  it('does not open a secret that is too short', () => {
    expect(() => sut.open(Buffer.alloc(3))).toThrow(/cannot be decrypted/);
  });
});

it('derives a different key for each purpose', () => {
  expect(deriveKey('key', 'a').equals(deriveKey('key', 'b'))).toBe(false);
  expect(deriveKey('key', 'a')).toHaveLength(32);
});
