import { describe, expect, it, vi } from 'vitest';
import { WakeUpLoop, type Round } from './wake-up-loop.js';

/** A loop whose rounds the test ends one by one. */
function aLoop() {
  const rounds: (Round & { end: () => void; fail: (error: Error) => void })[] = [];
  const warn = vi.fn<(message: unknown) => void>();
  const work = (round: Round): Promise<void> =>
    new Promise((end, fail) => {
      rounds.push({ ...round, end, fail });
    });
  return { rounds, warn, sut: new WakeUpLoop(work, { warn }, 'The work failed') };
}

const turn = (): Promise<unknown> => new Promise(setImmediate);

/** A sweep that never resolves then fails its test at once. */
async function isSettled(sweep: Promise<unknown>): Promise<boolean> {
  let isOver = false;
  void sweep.then(() => (isOver = true));
  await turn();
  return isOver;
}

describe('WakeUpLoop', () => {
  it('sweeps in the next round, however many wake-ups there are', async () => {
    const { rounds, sut } = aLoop();
    sut.wake();
    const swept = sut.sweep();
    for (let i = 0; i < 3; i += 1) {
      // Something always wakes the loop before its round ends.
      sut.wake();
      rounds[i]?.end();
      await turn();
    }
    expect(rounds.map(({ isSweep }) => isSweep)).toEqual([false, true, false, false]);
    expect(await isSettled(swept)).toBe(true);
  });

  it('resolves a sweep only after a round that started after its request', async () => {
    const { rounds, sut } = aLoop();
    const first = sut.sweep();
    const second = sut.sweep();
    rounds[0]?.end();
    expect(await isSettled(first)).toBe(true);
    expect(await isSettled(second)).toBe(false);
    expect(rounds).toHaveLength(2);
    rounds[1]?.end();
    expect(await isSettled(second)).toBe(true);
    expect(rounds.map(({ isSweep }) => isSweep)).toEqual([true, true]);
  });

  it('combines the sweeps that are requested during a round', async () => {
    const { rounds, sut } = aLoop();
    sut.wake();
    const swept = Promise.all([sut.sweep(), sut.sweep(), sut.sweep()]);
    rounds[0]?.end();
    await turn();
    rounds[1]?.end();
    expect(await isSettled(swept)).toBe(true);
    expect(rounds).toHaveLength(2);
  });

  it('resolves the sweep of a failed round, continues, and logs a persistent failure once', async () => {
    const { rounds, warn, sut } = aLoop();
    for (let i = 0; i < 3; i += 1) {
      const swept = sut.sweep();
      if (i < 2) rounds[i]?.fail(new Error('on purpose'));
      else rounds[i]?.end();
      expect(await isSettled(swept)).toBe(true);
    }
    expect(warn).toHaveBeenCalledTimes(1);
    const swept = sut.sweep();
    rounds[3]?.fail(new Error('again'));
    expect(await isSettled(swept)).toBe(true);
    expect(warn).toHaveBeenCalledTimes(2);
  });

  it('waits for the running round when it stops, and resolves a sweep that did not start', async () => {
    const { rounds, sut } = aLoop();
    sut.wake();
    const swept = sut.sweep();
    const stopped = sut.stop();
    expect(await isSettled(stopped)).toBe(false);
    rounds[0]?.end();
    expect(await isSettled(Promise.all([stopped, swept, sut.sweep()]))).toBe(true);
    sut.wake();
    await turn();
    expect(rounds).toHaveLength(1);
  });
});
