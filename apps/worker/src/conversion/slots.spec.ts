import { describe, expect, it } from 'vitest';
import { Slots } from './slots.js';

/** Work that runs until the test ends it. */
function heldWork() {
  const ends: (() => void)[] = [];
  let running = 0;
  let most = 0;
  const work = async (): Promise<string> => {
    running += 1;
    most = Math.max(most, running);
    await new Promise<void>((resolve) => ends.push(resolve));
    running -= 1;
    return 'done';
  };
  return { work, endNext: () => ends.shift()?.(), counts: () => ({ running, most }) };
}

/** Lets every promise that can go on do so. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('Slots', () => {
  it('never runs more at once than it has slots, and runs the others after', async () => {
    const sut = new Slots(2);
    const { work, endNext, counts } = heldWork();
    const runs = Array.from({ length: 5 }, () => sut.use(work));
    for (let i = 0; i < 5; i += 1) {
      await settled();
      expect(counts().running).toBe(Math.min(2, 5 - i));
      endNext();
    }
    expect(await Promise.all(runs)).toEqual(['done', 'done', 'done', 'done', 'done']);
    expect(counts().most).toBe(2);
    expect(sut.busy).toBe(0);
  });

  it('gives a slot back after a failure', async () => {
    const sut = new Slots(1);
    await expect(sut.use(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(await sut.use(() => Promise.resolve('next'))).toBe('next');
  });

  it('starts nothing after it was closed, and lets go of what waits; running work ends', async () => {
    const sut = new Slots(1);
    const { work, endNext } = heldWork();
    const running = sut.use(work);
    const waiting = sut.use(work);
    sut.close();
    expect(await waiting).toBe('closed');
    expect(await sut.use(work)).toBe('closed');
    await settled();
    endNext();
    expect(await running).toBe('done');
    expect(await sut.use(work)).toBe('closed');
  });

  it('is idle only once its last slot is free', async () => {
    const sut = new Slots(2);
    await sut.idle();
    const { work, endNext } = heldWork();
    const runs = [sut.use(work), sut.use(work)];
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
