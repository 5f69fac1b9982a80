import { describe, expect, it } from 'vitest';
import { RunningJobs } from './running-jobs.js';
import { ShutdownError } from './stop-reasons.js';

const open = new AbortController().signal;

/** Jobs that run until the test ends them. */
function heldJobs() {
  const ends: (() => void)[] = [];
  let running = 0;
  let most = 0;
  const job = async (): Promise<string> => {
    running += 1;
    most = Math.max(most, running);
    await new Promise<void>((resolve) => ends.push(resolve));
    running -= 1;
    return 'done';
  };
  return { job, endNext: () => ends.shift()?.(), counts: () => ({ running, most }) };
}

/** Lets every promise that can continue do so. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('spare cores of RunningJobs', () => {
  it('are those that no job uses; a job has one', async () => {
    const sut = new RunningJobs(4, 4);
    const { job, endNext } = heldJobs();
    const runs = [sut.run(job, open), sut.run(job, open)];
    await settled();
    expect(sut.take(8)).toBe(2);
    expect(sut.take(8)).toBe(0);
    sut.giveBack();
    expect(sut.take(8)).toBe(1);
    endNext();
    await settled();
    expect(sut.take(8)).toBe(1);
    endNext();
    await Promise.all(runs);
  });

  it('are no more than asked for', () => {
    const sut = new RunningJobs(8, 8);
    expect(sut.take(3)).toBe(3);
    expect(sut.take(8)).toBe(5);
  });

  it('do not keep the next job from its slot, which then gets none', async () => {
    const sut = new RunningJobs(2, 2);
    const { job, endNext, counts } = heldJobs();
    const runs = [sut.run(job, open)];
    await settled();
    expect(sut.take(7)).toBe(1);
    runs.push(sut.run(job, open));
    await settled();
    expect(counts().running).toBe(2);
    expect(sut.take(7)).toBe(0);
    endNext();
    endNext();
    await Promise.all(runs);
  });

  it('do not exist while a job waits', async () => {
    const sut = new RunningJobs(1, 8);
    const { job, endNext } = heldJobs();
    const runs = [sut.run(job, open), sut.run(job, open)];
    await settled();
    expect(sut.take(7)).toBe(0);
    endNext();
    await settled();
    expect(sut.take(7)).toBe(7);
    endNext();
    await Promise.all(runs);
  });
});

describe('RunningJobs', () => {
  it('never runs more jobs at once than it has slots, and runs the others later', async () => {
    const sut = new RunningJobs(2);
    const { job, endNext, counts } = heldJobs();
    const runs = Array.from({ length: 5 }, () => sut.run(job, open));
    for (let i = 0; i < 5; i += 1) {
      await settled();
      expect(counts().running).toBe(Math.min(2, 5 - i));
      endNext();
    }
    expect(await Promise.all(runs)).toEqual(['done', 'done', 'done', 'done', 'done']);
    expect(counts().most).toBe(2);
    expect(sut.count).toBe(0);
  });

  it('frees the slot of a failed job', async () => {
    const sut = new RunningJobs(1);
    await expect(sut.run(() => Promise.reject(new Error('broken')), open)).rejects.toThrow('broken');
    expect(await sut.run(() => Promise.resolve('next'), open)).toBe('next');
  });

  it('starts no job after it was closed and drops waiting ones; running jobs end', async () => {
    const sut = new RunningJobs(1);
    const { job, endNext } = heldJobs();
    const running = sut.run(job, open);
    const waiting = sut.run(job, open);
    expect(sut.shutdown.aborted).toBe(false);
    sut.close();
    expect(sut.shutdown.reason).toBeInstanceOf(ShutdownError);
    expect(await waiting).toBe('dropped');
    expect(await sut.run(job, open)).toBe('dropped');
    await settled();
    endNext();
    expect(await running).toBe('done');
    expect(await sut.run(job, open)).toBe('dropped');
  });

  it('drops a waiting job whose signal aborts, and gives its slot to the next one', async () => {
    const sut = new RunningJobs(1);
    const { job, endNext, counts } = heldJobs();
    const running = sut.run(job, open);
    const channel = new AbortController();
    const dropped = sut.run(job, channel.signal);
    const next = sut.run(job, open);
    expect(sut.waitingCount).toBe(2);
    channel.abort();
    expect(sut.waitingCount).toBe(1);
    expect(await dropped).toBe('dropped');
    expect(await sut.run(job, channel.signal)).toBe('dropped');
    endNext();
    expect(await running).toBe('done');
    await settled();
    expect(counts()).toEqual({ running: 1, most: 1 });
    endNext();
    expect(await next).toBe('done');
    expect(sut.count).toBe(0);
  });

  it('is idle only when its last slot is free', async () => {
    const sut = new RunningJobs(2);
    await sut.idle();
    const { job, endNext } = heldJobs();
    const runs = [sut.run(job, open), sut.run(job, open)];
    let isIdle = false;
    const idle = sut.idle().then(() => (isIdle = true));
    await settled();
    endNext();
    await settled();
    expect(isIdle).toBe(false);
    endNext();
    await idle;
    await Promise.all(runs);
  });
});
