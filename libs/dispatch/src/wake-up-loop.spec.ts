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

describe('WakeUpLoop', () => {
  it('sweeps in the next round, however many wake-ups there are', async () => {
    const { rounds, sut } = aLoop();
    sut.wake();
    let hasSwept = false;
    const swept = sut.sweep().then(() => (hasSwept = true));
    for (let i = 0; i < 3; i += 1) {
      // Something always wakes the loop before its round ends.
      sut.wake();
      rounds[i]?.end();
      await turn();
    }
    await swept;
    expect(hasSwept).toBe(true);
    expect(rounds.map(({ isSweep }) => isSweep)).toEqual([false, true, false, false]);
  });

  it('resolves a sweep only after a round that started after its request', async () => {
    const { rounds, sut } = aLoop();
    const first = sut.sweep();
    let hasSwept = false;
    const second = sut.sweep().then(() => (hasSwept = true));
    rounds[0]?.end();
    await first;
    await turn();
    expect(hasSwept).toBe(false);
    expect(rounds).toHaveLength(2);
    rounds[1]?.end();
    await second;
    expect(rounds.map(({ isSweep }) => isSweep)).toEqual([true, true]);
  });

  it('combines the sweeps that are requested during a round', async () => {
    const { rounds, sut } = aLoop();
    sut.wake();
    const swept = Promise.all([sut.sweep(), sut.sweep(), sut.sweep()]);
    rounds[0]?.end();
    await turn();
    rounds[1]?.end();
    await swept;
    await turn();
    expect(rounds).toHaveLength(2);
  });

  it('resolves the sweep of a failed round, continues, and logs a persistent failure once', async () => {
    const { rounds, warn, sut } = aLoop();
    for (let i = 0; i < 3; i += 1) {
      const swept = sut.sweep();
      if (i < 2) rounds[i]?.fail(new Error('on purpose'));
      else rounds[i]?.end();
      await swept;
      await turn();
    }
    expect(warn).toHaveBeenCalledTimes(1);
    const swept = sut.sweep();
    rounds[3]?.fail(new Error('again'));
    await swept;
    expect(warn).toHaveBeenCalledTimes(2);
  });

  it('waits for the running round when it stops, and resolves a sweep that did not start', async () => {
    const { rounds, sut } = aLoop();
    sut.wake();
    const swept = sut.sweep();
    let hasStopped = false;
    const stopped = sut.stop().then(() => (hasStopped = true));
    await turn();
    expect(hasStopped).toBe(false);
    rounds[0]?.end();
    await Promise.all([stopped, swept, sut.sweep()]);
    sut.wake();
    await turn();
    expect(rounds).toHaveLength(1);
  });
});
