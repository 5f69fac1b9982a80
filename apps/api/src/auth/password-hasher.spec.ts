import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import bcrypt from 'bcrypt';
import { Tinypool } from 'tinypool';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { PasswordHasher, type PasswordHasherOptions } from './password-hasher.js';

const CLIENT = '192.0.2.1';

describe('PasswordHasher', () => {
  const hashers: PasswordHasher[] = [];
  const aHasher = (options: Partial<PasswordHasherOptions> = {}): PasswordHasher => {
    const hasher = new PasswordHasher({ cost: 4, threads: 1, maxWaiting: 8, maxPerClient: 8, ...options });
    hashers.push(hasher);
    return hasher;
  };
  afterEach(async () => {
    vi.restoreAllMocks();
    await Promise.all(hashers.splice(0).map((hasher) => hasher.onApplicationShutdown()));
  });

  it('verifies what it hashed', async () => {
    const sut = aHasher();
    const hash = await sut.hash('correct horse', CLIENT);
    expect(bcrypt.getRounds(hash)).toBe(4);
    expect(await sut.verify('correct horse', hash, CLIENT)).toBe(true);
    expect(await sut.verify('correct horsf', hash, CLIENT)).toBe(false);
    expect(await sut.verify('correct horse', null, CLIENT)).toBe(false);
  });

  it('does not take a password for its first 72 bytes', async () => {
    const sut = aHasher();
    const hash = await sut.hash('x'.repeat(72), CLIENT);
    expect(await sut.verify('x'.repeat(73), hash, CLIENT)).toBe(false);
  });

  it('does the same work for a user who does not exist', async () => {
    const run = vi.spyOn(Tinypool.prototype, 'run');
    await aHasher().verify('x', null, CLIENT);
    const hash = String((run.mock.lastCall?.[0] as { hash?: string } | undefined)?.hash);
    expect(bcrypt.getRounds(hash)).toBe(4);
    // bcrypt takes the text apart like one of its own: the same salt gives a hash of the same form.
    expect(bcrypt.hashSync('x', hash.slice(0, 29))).toHaveLength(hash.length);
  });

  it('leaves the event loop and the threads that access files alone', async () => {
    // More than libuv's pool of 4 threads, each for a multiple of what reading a small file takes.
    const sut = aHasher({ cost: 12, threads: 6 });
    const ended: string[] = [];
    const hashes = Array.from({ length: 6 }, async () => {
      await sut.hash('x', CLIENT);
      ended.push('hash');
    });
    await readFile(import.meta.filename);
    ended.push('file');
    await Promise.all(hashes);
    expect(ended[0]).toBe('file');
  });

  it('works on a few at a time, lets a few wait, rejects the rest at once, and recovers', async () => {
    const threads = controlledThreads();
    const sut = aHasher({ threads: 2, maxWaiting: 1 });
    const accepted = [1, 2, 3].map((n) => sut.verify('x', null, `client ${n}`));
    await expect(sut.verify('x', null, 'client 4')).rejects.toMatchObject({ code: 'too_busy' });
    expect(threads.tasks).toHaveLength(3);
    threads.finish();
    await Promise.all(accepted);
    const next = sut.verify('x', null, 'client 4');
    threads.finish();
    await next;
  });

  it('gives one client a part of the queue only', async () => {
    const threads = controlledThreads();
    const sut = aHasher({ maxPerClient: 2 });
    const accepted = [1, 2].map(() => sut.verify('x', null, 'flood'));
    await expect(sut.verify('x', null, 'flood')).rejects.toMatchObject({ code: 'too_busy' });
    accepted.push(sut.verify('x', null, 'somebody else'));
    threads.finish();
    await Promise.all(accepted);
    const next = sut.verify('x', null, 'flood');
    threads.finish();
    await next;
  });
});

/** Threads that work until the test lets them finish. */
function controlledThreads(): { readonly tasks: (() => void)[]; finish(): void } {
  const tasks: (() => void)[] = [];
  const run = vi.spyOn(Tinypool.prototype, 'run');
  run.mockImplementation(() => new Promise((resolve) => tasks.push(() => resolve(randomBytes(1)))));
  return { tasks, finish: () => tasks.splice(0).forEach((end) => end()) };
}
