import { describe, expect, it } from 'vitest';
import { EMAIL_DELAYS, WEBHOOK_DELAYS, delayAfter } from './retry-schedule.js';

describe('delayAfter', () => {
  it.each([
    [1, 0, 4],
    [1, 0.5, 5],
    [1, 1, 6],
    [2, 0.5, 300],
    [9, 0.5, 86_400],
  ])('waits after attempt %i, spread by %d, for %i s', (attempt, random, seconds) => {
    expect(delayAfter(attempt, WEBHOOK_DELAYS, random)).toBeCloseTo(seconds, 6);
  });

  it('ends after the last delay', () => {
    expect(delayAfter(WEBHOOK_DELAYS.length, WEBHOOK_DELAYS)).not.toBeNull();
    expect(delayAfter(WEBHOOK_DELAYS.length + 1, WEBHOOK_DELAYS)).toBeNull();
  });

  it('outlasts a mail server that is away for a day, even with the shortest spread', () => {
    const total = EMAIL_DELAYS.reduce((sum, _, index) => sum + (delayAfter(index + 1, EMAIL_DELAYS, 0) ?? 0), 0);
    expect(total).toBeGreaterThan(24 * 3600);
  });
});
