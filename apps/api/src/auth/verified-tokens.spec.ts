import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { VerifiedTokens } from './verified-tokens.js';

describe('VerifiedTokens', () => {
  const now = Date.parse('2026-01-31T12:00:00Z');
  const claims = { userId: 7, tokenVersion: 0, expiresAt: now / 1000 + 60 };
  beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now }));
  afterEach(() => void vi.useRealTimers());

  it('finds the claims of a verified token, and nothing for another', () => {
    const sut = new VerifiedTokens();
    sut.add('one', claims);
    expect(sut.find('one')).toEqual(claims);
    expect(sut.find('One')).toBeNull();
  });

  it('forgets a token as soon as it expires', () => {
    const sut = new VerifiedTokens();
    sut.add('one', claims);
    vi.setSystemTime(now + 59_999);
    expect(sut.find('one')).toEqual(claims);
    vi.setSystemTime(now + 60_000);
    expect(sut.find('one')).toBeNull();
  });

  it('holds a limited number of tokens, and drops the least recently used', () => {
    const sut = new VerifiedTokens(2);
    sut.add('one', claims);
    sut.add('two', claims);
    sut.find('one');
    sut.add('three', claims);
    expect(['one', 'two', 'three'].map((token) => sut.find(token) !== null)).toEqual([true, false, true]);
  });
});
