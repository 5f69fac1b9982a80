import { describe, expect, it } from 'vitest';
import { aMovie, box, inMemory, uint32 } from '../../../test/hostile-structures.js';
import { readIsoStructure } from './iso-structure.js';

const TIMESCALE = 1000;
const UNITS = 100;

const movieHeader = box('mvhd', uint32(0, 0, 0, TIMESCALE, 0, 0));

/** A movie box whose audio is in fragments, as long as `statedUnits` says. */
function fragmented(statedUnits = 0): Buffer {
  const media = box('mdhd', uint32(0, 0, 0, TIMESCALE, 0, 0));
  const track = aMovie().subarray(8);
  const mdia = track.indexOf('mdia') + 4;
  const withTimescale = Buffer.concat([track.subarray(0, mdia), media, track.subarray(mdia)]);
  for (const at of [0, mdia - 8]) withTimescale.writeUInt32BE(withTimescale.readUInt32BE(at) + media.length, at);
  const length = statedUnits === 0 ? [] : [box('mehd', uint32(0, statedUnits))];
  return box('moov', movieHeader, withTimescale, box('mvex', ...length, box('trex', uint32(0, 1, 1, UNITS, 4, 0))));
}

/** The n-th fragment: one sample of four bytes. */
const fragment = (index: number): Buffer =>
  Buffer.concat([
    box(
      'moof',
      box('traf', box('tfhd', uint32(0x020000, 1)), box('tfdt', uint32(0, index * UNITS)), box('trun', uint32(0, 1))),
    ),
    box('mdat', Buffer.alloc(4, 1)),
  ]);

const FRAGMENT_BYTES = fragment(0).length;
const some = (count: number): Buffer[] => Array.from({ length: count }, (_, index) => fragment(index));

const segmentIndex = (count: number, firstOffset = 0): Buffer =>
  box(
    'sidx',
    uint32(0, 1, TIMESCALE, 0, firstOffset, count),
    ...Array.from({ length: count }, () => uint32(FRAGMENT_BYTES, UNITS, 0)),
  );
const longSegmentIndex = (count: number): Buffer =>
  box(
    'sidx',
    uint32(0x01000000, 1, TIMESCALE, 0, 0, 0, 0, count),
    ...Array.from({ length: count }, () => uint32(FRAGMENT_BYTES, UNITS, 0)),
  );

/** An index at the end; `delay` is the difference between its times and those of the fragments. */
const fragmentIndex = (count: number, delay = 0): Buffer => {
  const entries = Array.from({ length: count }, (_, index) => [
    uint32(index * UNITS + delay, 0),
    Buffer.of(1, 1, 1),
  ]).flat();
  return box('mfra', box('tfra', uint32(0, 1, 0, count), ...entries), box('mfro', uint32(0, 0)));
};

const damageOf = async (...parts: Buffer[]): Promise<string | null> =>
  (await readIsoStructure(inMemory(...parts))).damage;

describe('a fragmented file', () => {
  it.each([
    ['an open end', [fragmented(), ...some(3)]],
    ['a stated duration', [fragmented(3 * UNITS), ...some(3)]],
    ['a stated duration that counts a delay', [fragmented(3 * UNITS + 50), ...some(3)]],
    ['a segment index', [fragmented(), segmentIndex(3), ...some(3)]],
    ['a segment index with 64-bit offsets', [fragmented(), longSegmentIndex(3), ...some(3)]],
    ['a segment index for each fragment', [fragmented(), ...some(3).flatMap((part) => [segmentIndex(1), part])]],
    ['a fragment index', [fragmented(), ...some(3), fragmentIndex(3)]],
    ['a fragment index with presentation times', [fragmented(), ...some(3), fragmentIndex(3, 5 * UNITS)]],
    ['an unreadable segment index', [fragmented(), box('sidx', uint32(0, 1)), ...some(3)]],
    ['an unreadable fragment index', [fragmented(), ...some(3), box('mfra', box('tfra', uint32(0, 1, 0, 9)))]],
    ['a missing fragment in the middle, which is a gap', [fragmented(), fragment(0), fragment(2), fragmentIndex(3)]],
  ])('is complete with %s', async (_, parts) => {
    expect(await damageOf(...parts)).toBeNull();
  });

  it.each([
    [
      'zeros instead of its last fragment',
      [fragmented(), ...some(2), Buffer.alloc(FRAGMENT_BYTES)],
      /between fragments/,
    ],
    [
      'zeros instead of a fragment in the middle',
      [fragmented(), fragment(0), Buffer.alloc(FRAGMENT_BYTES), fragment(2)],
      /between fragments/,
    ],
    ['less than its stated duration', [fragmented(2000), ...some(3)], /end at 0.3 s of 2 s/],
    ['fewer segments than its index lists', [fragmented(), segmentIndex(3), ...some(2)], /segments up to byte/],
    [
      'fewer segments than a 64-bit index lists',
      [fragmented(), longSegmentIndex(3), ...some(2)],
      /segments up to byte/,
    ],
    [
      'fewer fragments than the index at its end lists',
      [fragmented(), ...some(2), fragmentIndex(3)],
      /track 1 is missing/,
    ],
  ])('is damaged with %s', async (_, parts, damage) => {
    expect(await damageOf(...parts)).toMatch(damage);
  });
});
