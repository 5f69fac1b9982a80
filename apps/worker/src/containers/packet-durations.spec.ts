import { describe, expect, it } from 'vitest';
import { PacketDurations } from './packet-durations.js';

describe('PacketDurations', () => {
  it('counts packets by their duration', () => {
    const sut = new PacketDurations();
    for (const [units, packets] of [
      [23, 2],
      [20, 1],
      [23, 1],
      [21, 0.5],
      [9, 0],
    ] as const)
      sut.add(units, packets);
    expect(sut.sorted).toEqual([
      [20, 1],
      [21, 0.5],
      [23, 3],
    ]);
  });

  it('keeps a limited number of durations, slightly rounded down', () => {
    const sut = new PacketDurations();
    for (let units = 0; units < 100_000; units++) sut.add(units);
    expect(sut.sorted.length).toBeLessThanOrEqual(4096);
    expect(sut.sorted.reduce((sum, [, packets]) => sum + packets, 0)).toBe(100_000);
    const sum = sut.sorted.reduce((total, [units, packets]) => total + units * packets, 0);
    expect(sum).toBeLessThanOrEqual((100_000 * 99_999) / 2);
    expect(sum).toBeGreaterThan((100_000 * 99_900) / 2);
  });
});
