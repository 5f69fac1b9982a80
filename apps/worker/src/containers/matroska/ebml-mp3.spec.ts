import { describe, expect, it } from 'vitest';
import { EbmlMp3 } from './ebml-mp3.js';

const ONE_FRAME = { frames: 1, headerBytes: 0 };

describe('EbmlMp3', () => {
  it('keeps a limited number of ranges for all tracks together', () => {
    const room = { ranges: 3 };
    const [first, second] = [new EbmlMp3(0, room), new EbmlMp3(0, room)];
    for (const track of [first, second]) track.add(100, 150, ONE_FRAME);
    expect(second.track?.ranges).toEqual([100, 50]);
    for (const track of [first, second]) track.add(200, 250, ONE_FRAME);
    expect(first.track?.ranges).toEqual([100, 50, 200, 50]);
    expect(second.track).toBeUndefined();
  });

  it('returns what the last blocks discard, and null if there are too many or other blocks discard too', () => {
    const trimOf = (...discards: number[]): unknown => {
      const track = new EbmlMp3(0, { ranges: 100 });
      for (const seconds of discards) {
        track.add(0, 50, ONE_FRAME);
        if (seconds !== 0) track.discard(seconds);
      }
      return track.track?.trim;
    };
    const eight = Array<number>(8).fill(0.01);
    expect(trimOf(0, ...eight)).toEqual({ startSeconds: 0, endSeconds: null, discardSeconds: eight });
    expect(trimOf(0, ...eight, 0.01)).toBeNull();
    expect(trimOf(0, 0.01, 0)).toBeNull();
    expect(trimOf(0, -0.01)).toBeNull();
  });
});
