import { describe, expect, it } from 'vitest';
import { retakePauseMs } from './retake-pause.js';

describe('retakePauseMs', () => {
  it.each([0, 1_000, 5_000])('is 250 ms in an outage of %i ms', (outageMs) => {
    expect([0, 1].map((random) => retakePauseMs(outageMs, random))).toEqual([250, 250]);
  });

  it.each([
    [20_000, 500, 1_500],
    [80_000, 2_000, 6_000],
    [3_600_000, 2_000, 6_000],
  ])('in an outage of %i ms is from %i to %i ms', (outageMs, shortest, longest) => {
    expect([0, 1].map((random) => retakePauseMs(outageMs, random))).toEqual([shortest, longest]);
    const pauses = new Set(Array.from({ length: 50 }, () => retakePauseMs(outageMs)));
    expect(pauses.size).toBeGreaterThan(1);
  });
});
