import bcrypt from 'bcrypt';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { PasswordHasher } from './password-hasher.js';

afterEach(() => vi.restoreAllMocks());

describe('PasswordHasher', () => {
  it('verifies what it hashed', async () => {
    const sut = new PasswordHasher({ cost: 4, concurrency: 2, maxWaiting: 2 });
    const hash = await sut.hash('correct horse');
    expect(await sut.verify('correct horse', hash)).toBe(true);
    expect(await sut.verify('correct horsf', hash)).toBe(false);
    expect(await sut.verify('correct horse', null)).toBe(false);
  });

  it('does not take a password for its first 72 bytes', async () => {
    const sut = new PasswordHasher({ cost: 4, concurrency: 2, maxWaiting: 2 });
    const hash = await sut.hash('x'.repeat(72));
    expect(await sut.verify('x'.repeat(73), hash)).toBe(false);
  });

  it('works on a few at a time, lets a few wait, refuses the rest at once, and recovers', async () => {
    const finish: (() => void)[] = [];
    const sut = new PasswordHasher({ cost: 4, concurrency: 2, maxWaiting: 1 });
    const hash = await sut.hash('x');
    const compare = vi.spyOn(bcrypt, 'compare');
    // oxlint-disable-next-line typescript/no-misused-promises -- of the overloads, the one that is called returns a promise
    compare.mockImplementation(() => new Promise<boolean>((resolve) => finish.push(() => resolve(true))));
    const accepted = [1, 2, 3].map(() => sut.verify('x', hash));

    await expect(sut.verify('x', hash)).rejects.toMatchObject({ code: 'too_busy' });
    expect(compare).toHaveBeenCalledTimes(2);
    finish[0]?.();
    await vi.waitFor(() => expect(finish).toHaveLength(3), { timeout: 120_000 });
    finish.forEach((end) => end());
    expect(await Promise.all(accepted)).toEqual([true, true, true]);

    compare.mockRestore();
    expect(await sut.verify('x', hash)).toBe(true);
  });
});
