import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { readIsoStructure } from './isobmff/iso-structure.js';
import { readEbmlStructure } from './matroska/ebml-structure.js';
import { STEPS_PER_YIELD } from './event-loop-share.js';
import { aMovie, box, ebml, inMemory, matroska, uint32 } from '../../test/hostile-structures.js';

const ENTRIES = 20 * STEPS_PER_YIELD;
/** Half of the slices: enough to show that every loop yields. */
const TURNS = 10;

const zeros = (entryBytes: number): Buffer => Buffer.alloc(entryBytes * ENTRIES);
const chunkRuns = (): Buffer => {
  const runs = Array.from({ length: ENTRIES }, (_, index) => uint32(index + 1, 1, 1));
  return box('stsc', uint32(0, ENTRIES), ...runs);
};
const fragmented = (): Buffer => box('moov', aMovie().subarray(8), box('mvex', box('trex', uint32(0, 1, 1, 0, 0, 0))));
const run = (...fields: Buffer[]): Buffer => box('traf', box('tfhd', uint32(0x020000, 1)), box('trun', ...fields));

/** Counts the turns of the event loop while a promise is pending, with a clock on which each reading takes a whole slice. */
async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => (now += 1000));
  let turns = 0;
  let isOver = false;
  const working = work().finally(() => (isOver = true));
  for (; !isOver; turns++) await nextTurn();
  await working;
  return turns;
}

describe('a reader yields to the event loop', () => {
  afterEach(() => void vi.restoreAllMocks());

  it.each([
    ['a table of times', aMovie({ stts: box('stts', uint32(0, ENTRIES), zeros(8)) })],
    ['a table of sizes', sizesInOneChunk()],
    ['a table of chunk runs', aMovie({ stsc: chunkRuns(), stts: box('stts', uint32(0, 0)) })],
    ['many tracks', box('moov', ...Array.from({ length: 100 }, () => aMovie().subarray(8)))],
  ])('in %s', async (_, movie) => {
    expect(await turnsDuring(() => readIsoStructure(inMemory(movie)))).toBeGreaterThanOrEqual(TURNS);
  });

  it.each([
    ['a run of many samples', [box('moof', run(uint32(0x200, ENTRIES), zeros(4)))]],
    ['a fragment of many runs', [box('moof', ...Array.from({ length: 1000 }, () => run(uint32(0x200, 1, 1))))]],
    ['many fragments', Array.from({ length: 3000 }, () => box('moof', run(uint32(0x200, 1, 1))))],
    ['many small boxes', [Buffer.alloc(9 * ENTRIES, box('free', Buffer.alloc(1)))]],
  ])('in %s', async (_, parts) => {
    const file = inMemory(fragmented(), ...parts, Buffer.alloc(8));
    expect(await turnsDuring(() => readIsoStructure(file))).toBeGreaterThanOrEqual(TURNS);
  });

  it.each([
    ['small elements', Buffer.alloc(3 * ENTRIES, 'ec8100', 'hex')],
    ['padding', Buffer.alloc(20 * 65536, 'ec80', 'hex')],
    ['blocks', ebml('1f43b675', Buffer.alloc(7 * ENTRIES, 'a38581000000aa', 'hex'))],
    ['block groups', ebml('1f43b675', Buffer.alloc(8 * ENTRIES, 'a086a18481000000', 'hex'))],
  ])('in many %s', async (_, elements) => {
    expect(await turnsDuring(() => readEbmlStructure(inMemory(matroska(elements))))).toBeGreaterThanOrEqual(TURNS);
  });

  it('in a track with many encodings', async () => {
    const encodings = ebml('6d80', ...Array.from({ length: 1000 }, () => ebml('6240')));
    const file = Buffer.concat([
      ebml('1a45dfa3'),
      ebml('18538067', ebml('1654ae6b', ebml('ae', ebml('d7', Buffer.of(1)), encodings))),
    ]);
    expect(await turnsDuring(() => readEbmlStructure(inMemory(file)))).toBeGreaterThanOrEqual(TURNS);
  });
});

function sizesInOneChunk(): Buffer {
  return aMovie({
    stts: box('stts', uint32(0, 1, ENTRIES, 1)),
    stsc: box('stsc', uint32(0, 1, 1, ENTRIES, 1)),
    stsz: box('stsz', uint32(0, 0, ENTRIES), zeros(4)),
    stco: box('stco', uint32(0, 1, 0)),
  });
}
