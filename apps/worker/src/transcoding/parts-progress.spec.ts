import { describe, expect, it } from 'vitest';
import { PartsProgress } from './parts-progress.js';

const FRAME_MS = 24;
/** 24 s in two halves; the second one begins 4.8 s early. */
const PARTS = [
  { encodedFrom: 0, start: 0, end: 500 },
  { encodedFrom: 300, start: 500, end: null },
];

describe('PartsProgress', () => {
  it('adds up what the parts encoded, without what two of them encode', () => {
    const sut = new PartsProgress(PARTS, FRAME_MS, 24_000);
    expect(sut.update(0, 6000)).toEqual({ percent: 25, outTimeMs: 6000 });
    expect(sut.update(1, 4000)).toEqual({ percent: 25, outTimeMs: 6000 });
    expect(sut.update(1, 10_800)).toEqual({ percent: 50, outTimeMs: 12_000 });
    expect(sut.update(0, 12_384)).toEqual({ percent: 75, outTimeMs: 18_000 });
    expect(sut.update(1, 16_800)).toEqual({ percent: 100, outTimeMs: 24_000 });
  });

  it('never exceeds 100 percent if the file states a shorter length', () => {
    const sut = new PartsProgress(PARTS, FRAME_MS, 24_000);
    expect(sut.update(1, 90_000).percent).toBe(100);
  });
});
