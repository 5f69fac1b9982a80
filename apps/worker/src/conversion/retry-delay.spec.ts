import { describe, expect, it } from 'vitest';
import { retryDelayMs } from './retry-delay.js';

describe('retryDelayMs', () => {
  it.each([
    [1, 2_000],
    [2, 10_000],
    [3, 60_000],
    [4, 300_000],
    [5, 300_000],
    [50, 300_000],
  ])('after attempt %i is about %i ms', (attempt, delayMs) => {
    expect(retryDelayMs(attempt, 0.5)).toBe(delayMs);
  });

  it('spreads by a fifth each way', () => {
    expect(retryDelayMs(2, 0)).toBe(8_000);
    expect(retryDelayMs(2, 1)).toBe(12_000);
    const delays = new Set(Array.from({ length: 50 }, () => retryDelayMs(4)));
    expect(delays.size).toBeGreaterThan(1);
    for (const delayMs of delays) expect(Math.abs(delayMs - 300_000)).toBeLessThanOrEqual(60_000);
  });
});
