import { describe, expect, it } from 'vitest';
import { EbmlMp3 } from './ebml-mp3.js';

const ONE_FRAME = { frames: 1, headerBytes: 0 };

describe('EbmlMp3', () => {
  it('remembers no more places than there is room for, of all tracks together', () => {
    const room = { ranges: 3 };
    const [first, second] = [new EbmlMp3(0, room), new EbmlMp3(0, room)];
    for (const track of [first, second]) track.add(100, 150, ONE_FRAME);
    expect(second.track?.ranges).toEqual([100, 50]);
    for (const track of [first, second]) track.add(200, 250, ONE_FRAME);
    expect(first.track?.ranges).toEqual([100, 50, 200, 50]);
    expect(second.track).toBeUndefined();
  });
});
