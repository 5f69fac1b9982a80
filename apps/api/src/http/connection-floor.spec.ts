import { describe, expect, it } from 'vitest';
import { CONNECTION_PACE, runningTime } from './connection-floor.js';
import { PaceMeter } from './pace-meter.js';

const { minBytesPerSecond, sendWindowMs, receiveWindowMs, checkIntervalMs } = CONNECTION_PACE;
const aSendMeter = (): PaceMeter => new PaceMeter((minBytesPerSecond * sendWindowMs) / 1000, sendWindowMs);

/** Returns true if a meter rejects an hour of transfer at this rate as too slow. */
function isTooSlow(
  meter: PaceMeter,
  bytesAt: (seconds: number) => number,
  isClientsTurn = (): boolean => true,
): boolean {
  for (let ms = 0; ms <= 3_600_000; ms += checkIntervalMs) {
    if (meter.isTooSlow(bytesAt(ms / 1000), isClientsTurn(), ms)) return true;
  }
  return false;
}

describe('the pace of a connection', () => {
  // Measured on Linux 6: while a client reads 50 kB/s, the kernel takes 1.43 MB at a time.
  const inSteps = (bytesPerSecond: number) => (seconds: number) =>
    Math.floor((seconds * bytesPerSecond) / 1_430_000) * 1_430_000;

  it.each([5_000, 50_000, 500_000])(
    'allows a download at %i bytes a second, which the kernel takes in steps',
    (rate) => {
      expect(isTooSlow(aSendMeter(), inSteps(rate))).toBe(false);
    },
  );

  it.each([0, 1, 500])('ends a download at %i bytes a second', (rate) => {
    expect(isTooSlow(aSendMeter(), (seconds) => seconds * rate)).toBe(true);
  });

  it('is not asked for while the service holds the bytes up', () => {
    const aReceiveMeter = (): PaceMeter => new PaceMeter((minBytesPerSecond * receiveWindowMs) / 1000, receiveWindowMs);
    let checks = 0;
    const nowAndThen = (): boolean => (checks += 1) % 20 !== 0;
    expect(isTooSlow(aReceiveMeter(), () => 0, nowAndThen)).toBe(false);
    expect(isTooSlow(aReceiveMeter(), () => 0)).toBe(true);
  });

  it('does not count the time in which the process stood still', () => {
    const times = [0, 5_000, 10_000, 610_000, 615_000];
    const elapsed = runningTime(5_000, () => times.shift() ?? NaN);
    expect([elapsed(), elapsed(), elapsed(), elapsed()]).toEqual([5_000, 10_000, 20_000, 25_000]);
  });
});
