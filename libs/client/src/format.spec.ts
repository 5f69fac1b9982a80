import { describe, expect, it } from 'vitest';
import { formatDuration, formatProgress, formatSize } from './format.js';

describe('numbers for users', () => {
  it.each([
    [0, '0 bytes'],
    [1, '1 byte'],
    [999, '999 bytes'],
    [1000, '1.0 kB'],
    [9949, '9.9 kB'],
    [9951, '10 kB'],
    [999_499, '999 kB'],
    [999_600, '1.0 MB'],
    [16 * 1024 ** 3, '17 GB'],
    [5e15, '5000 TB'],
  ])('show %d bytes as %s', (bytes, text) => expect(formatSize(bytes)).toBe(text));

  it.each([
    [0.4, '0:00'],
    [59.6, '1:00'],
    [245, '4:05'],
    [3723, '1:02:03'],
    [360_000, '100:00:00'],
  ])('show %d seconds as %s', (seconds, text) => expect(formatDuration(seconds)).toBe(text));

  it('never show 100 %, which only the end is', () => {
    expect([0, 0.455, 0.999, 1].map(formatProgress)).toEqual(['0 %', '45 %', '99 %', '99 %']);
  });
});
