import { describe, expect, it } from 'vitest';
import { percentOf, ProgressReader } from './progress-reader.js';

describe('ProgressReader', () => {
  it('reads the time of the output, whatever way the text is cut', () => {
    const sut = new ProgressReader();
    for (const character of 'out_time_us=1500000\nout_time_ms=1500000\nprogress=continue\n') sut.push(character);
    expect(sut.outTimeMs).toBe(1500);
  });

  it('distinguishes progress from repetition', () => {
    const sut = new ProgressReader();
    expect(sut.push('out_time_us=500000\n')).toBe(true);
    expect(sut.push('out_time_us=500000\n')).toBe(false);
    expect(sut.push('out_time_us=700000\n')).toBe(true);
  });

  it.each(['out_time_us=N/A', 'out_time_us=-9223372036854775807', 'out_time_us=', 'nonsense'])('ignores %s', (line) => {
    const sut = new ProgressReader();
    expect(sut.push(`${line}\n`)).toBe(false);
    expect(sut.outTimeMs).toBe(0);
  });
});

describe('percentOf', () => {
  it.each([
    [0, 1000, 0],
    [500, 1000, 50],
    [999, 1000, 99],
    [1000, 1000, 100],
    [5000, 1000, 100],
    [500, 0, 0],
    [500, -1, 0],
    [500, null, 0],
    [500, Number.NaN, 0],
    [500, Number.POSITIVE_INFINITY, 0],
  ])('%d of %s ms is %d', (outTimeMs, durationMs, percent) => {
    expect(percentOf(outTimeMs, durationMs)).toBe(percent);
  });
});
