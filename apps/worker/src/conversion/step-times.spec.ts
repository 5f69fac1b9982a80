import { afterEach, describe, expect, it, vi } from 'vitest';
import { StepTimes } from './step-times.js';

describe('StepTimes', () => {
  afterEach(() => void vi.restoreAllMocks());

  it('measures each step from the end of the previous one, and adds up repeated steps', () => {
    const now = vi.spyOn(performance, 'now').mockReturnValue(100);
    const sut = new StepTimes();
    for (const [step, at] of [
      ['fetch', 102.04],
      ['encode', 112.04],
      ['fetch', 113],
    ] as const) {
      now.mockReturnValue(at);
      sut.end(step);
    }
    sut.add('broker', 7);
    expect(sut.ms).toEqual({ fetch: 3, encode: 10, broker: 7 });
  });
});
