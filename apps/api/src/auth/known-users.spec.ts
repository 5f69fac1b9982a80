import type { User, UserRepository } from '@app/database';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { KnownUsers, USER_KNOWN_MS } from './known-users.js';

const OWNER = { userId: 1, tokenVersion: 1 };

describe('KnownUsers', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
  afterEach(() => void vi.useRealTimers());

  const rows = new Map<number, User>();
  const findById = vi.fn((id: number) => Promise.resolve(rows.get(id) ?? null));
  const aSut = (): KnownUsers => {
    findById.mockClear();
    rows.clear();
    rows.set(1, { id: 1, username: 'ada', tokenVersion: 1 } as User);
    return new KnownUsers({ findById } as Partial<UserRepository> as UserRepository);
  };

  it('reads a user once in a few seconds, also for requests at the same time', async () => {
    const sut = aSut();
    await Promise.all([sut.find(1), sut.find(1)]);
    vi.advanceTimersByTime(USER_KNOWN_MS - 1);
    expect(await sut.find(1)).toMatchObject({ username: 'ada' });
    expect(findById).toHaveBeenCalledTimes(1);
  });

  it('forgets a deleted user in a few seconds, however often it is asked for', async () => {
    const sut = aSut();
    await sut.find(1);
    rows.delete(1);
    for (let ms = 0; ms < USER_KNOWN_MS; ms += 500) {
      await sut.find(1);
      vi.advanceTimersByTime(500);
    }
    expect(await sut.find(1)).toBeNull();
  });

  it('says at once who is known, for no longer than those few seconds', async () => {
    const sut = aSut();
    expect(sut.findKnownOwner(OWNER)).toBeNull();
    await sut.find(1);
    vi.advanceTimersByTime(USER_KNOWN_MS - 1);
    expect(sut.findKnownOwner(OWNER)).toMatchObject({ username: 'ada' });
    vi.advanceTimersByTime(1);
    expect(sut.findKnownOwner(OWNER)).toBeNull();
    expect(findById).toHaveBeenCalledTimes(1);
  });

  it('knows no owner for a token from before a change of the password', async () => {
    const sut = aSut();
    const before = { userId: 1, tokenVersion: 0 };
    expect(await sut.findOwner(OWNER)).toMatchObject({ username: 'ada' });
    expect(await sut.findOwner(before)).toBeNull();
    expect(sut.findKnownOwner(before)).toBeNull();
    expect(findById).toHaveBeenCalledTimes(1);
  });

  it('reads the row again for a token that is newer than the row', async () => {
    const sut = aSut();
    await sut.findOwner(OWNER);
    rows.set(1, { id: 1, username: 'ada', tokenVersion: 2 } as User);
    const newer = { userId: 1, tokenVersion: 2 };
    expect(sut.findKnownOwner(newer)).toBeNull();
    expect(await sut.findOwner(newer)).toMatchObject({ username: 'ada' });
    expect(await sut.findOwner(OWNER)).toBeNull();
  });

  it('remembers neither an unknown user nor an error', async () => {
    const sut = aSut();
    expect(await sut.find(2)).toBeNull();
    rows.set(2, { id: 2, username: 'grace' } as User);
    expect(await sut.find(2)).toMatchObject({ username: 'grace' });
    findById.mockRejectedValueOnce(new Error('away'));
    await expect(sut.find(3)).rejects.toThrow('away');
    expect(await sut.find(3)).toBeNull();
  });
});
