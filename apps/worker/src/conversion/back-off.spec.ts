import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

const delays = vi.hoisted(() => [] as number[]);
vi.mock('node:timers/promises', () => ({
  setTimeout: (ms: number, value: unknown, { signal }: { signal: AbortSignal }) => {
    delays.push(ms);
    return signal.aborted ? Promise.reject(new Error('AbortError')) : Promise.resolve(value);
  },
}));
const { BackOff } = await import('./back-off.js');

describe('BackOff', () => {
  beforeEach(() => void delays.splice(0));
  afterEach(() => vi.restoreAllMocks());

  it('doubles its pauses up to a bound', async () => {
    const sut = new BackOff(new AbortController().signal);
    for (let i = 0; i < 8; i += 1) await sut.pause();
    expect(delays).toEqual([100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
  });

  it("rejects with the signal's own reason", async () => {
    const reason = new Error('draining');
    const sut = new BackOff(AbortSignal.abort(reason));
    await expect(sut.pause()).rejects.toBe(reason);
  });
});
