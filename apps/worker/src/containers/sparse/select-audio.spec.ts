import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { box, uint32 } from '../../../test/hostile-structures.js';
import {
  audioEntry,
  chunkPerMib,
  LARGE_BYTES,
  largeFile,
  MEDIA_START,
  movie,
  mp4a,
  RemoteFile,
  track,
  type TrackRecipe,
} from '../../../test/large-movie.js';
import { STEPS_PER_YIELD } from '../event-loop-share.js';
import type { FileRange } from './remote-source.js';
import { selectAudio } from './select-audio.js';

const MIB = 1024 * 1024;
const video = (overrides: Partial<TrackRecipe> = {}): Buffer =>
  track({ handler: 'vide', entry: box('avc1', Buffer.alloc(78)), ...overrides });
const text = (overrides: Partial<TrackRecipe> = {}): Buffer =>
  track({ handler: 'text', entry: audioEntry('text'), chunks: [], ...overrides });

async function rangesIn(file: RemoteFile): Promise<readonly FileRange[]> {
  const selection = await selectAudio(file);
  if ('wholeBecause' in selection) throw new Error(selection.wholeBecause);
  return selection.ranges;
}

async function reasonForWhole(file: RemoteFile): Promise<string | null> {
  const selection = await selectAudio(file);
  return 'wholeBecause' in selection ? selection.wholeBecause : null;
}

describe('selectAudio', () => {
  afterEach(() => void vi.restoreAllMocks());

  it('selects the beginning and each chunk of audio', async () => {
    const chunks = chunkPerMib();
    const ranges = await rangesIn(largeFile(movie(track({ chunks }), video({ chunks: chunkPerMib(10) }))));
    const afterBeginning = chunks.filter(({ position }) => position >= MEDIA_START + 6 * MIB);
    expect(ranges).toEqual([
      { start: MEDIA_START, end: MEDIA_START + 6 * MIB - 1 + 1000 + 300 },
      ...afterBeginning.slice(1).map(({ position }) => ({ start: position, end: position + 299 })),
    ]);
  });

  it('reads the index and nothing else, whose parts are then in the local file', async () => {
    const end = movie(track());
    const file = largeFile(end);
    await rangesIn(file);
    const read = file.reads.reduce((sum, range) => sum + range.end - range.start + 1, 0);
    expect(read).toBeLessThan(4 * 64 * 1024 + 2 * end.length);
    expect(file.reads.at(-1)).toEqual({ start: LARGE_BYTES - end.length + 8, end: LARGE_BYTES - 1 });
  });

  it('selects all audio tracks, and all of the small tracks', async () => {
    const at = (mib: number): TrackRecipe['chunks'] => [{ position: MEDIA_START + mib * MIB, sizes: [10] }];
    const second = track({ chunks: at(21) });
    const ranges = await rangesIn(largeFile(movie(track({ chunks: at(20) }), second, text({ chunks: at(22) }))));
    const starts = ranges.map(({ start }) => start);
    expect(starts).toEqual([0, 20, 21, 22].map((mib) => MEDIA_START + mib * MIB));
  });

  it('joins chunks whose gap is cheaper than a request', async () => {
    const near = (gap: number): TrackRecipe['chunks'] =>
      [20 * MIB, 20 * MIB + 100 + gap].map((position) => ({ position: MEDIA_START + position, sizes: [100] }));
    expect(await rangesIn(largeFile(movie(track({ chunks: near(64 * 1024) }))))).toHaveLength(2);
    const file = largeFile(movie(track({ chunks: near(100 * 1024) })));
    expect(await rangesIn(file)).toHaveLength(3);
    file.sourceSpeed = { roundTripMs: 200, bytesPerSecond: 50_000_000 };
    expect(await rangesIn(file)).toHaveLength(2);
  });

  it.each([
    ['slow requests', { roundTripMs: 2000, bytesPerSecond: 50_000_000 }],
    ['a fast store', { roundTripMs: 1, bytesPerSecond: 1_000_000_000 }],
  ])('fetches the whole file if that is quicker, because of %s', async (_, speed) => {
    const file = largeFile(movie(track()));
    file.sourceSpeed = speed;
    expect(await reasonForWhole(file)).toBe('no quicker than the whole file');
  });

  it.each([
    ['AAC of MPEG 2', mp4a(0x67)],
    ['MP3 in MP4', mp4a(0x6b)],
    ['AC-3', audioEntry('ac-3')],
    ['E-AC-3', audioEntry('ec-3')],
    ['Opus', audioEntry('Opus')],
    ['ALAC', audioEntry('alac')],
    ['FLAC', audioEntry('fLaC')],
  ])('selects %s', async (_, entry) => {
    expect((await rangesIn(largeFile(movie(track({ entry }))))).length).toBeGreaterThan(100);
  });

  const chunks = chunkPerMib();
  const [first, second] = chunks;
  const odd: [string, Buffer[], RegExp][] = [
    ['no audio', [movie(video())], /no audio/],
    ['PCM', [movie(track({ entry: audioEntry('sowt') }))], /audio "sowt"/],
    ['encrypted audio', [movie(track({ entry: audioEntry('enca') }))], /audio "enca"/],
    ['an unknown kind of mp4a', [movie(track({ entry: mp4a(0xdd) }))], /kind of mp4a/],
    ['several sample descriptions', [movie(track({ entry: Buffer.concat([mp4a(), mp4a()]) }))], /sample description/],
    ['fragments to come', [movie(track(), box('mvex'))], /"mvex"/],
    ['fragments', [movie(track()), box('moof')], /"moof"/],
    ['an index of segments', [box('sidx'), movie(track())], /"sidx"/],
    ['a compressed index', [movie(box('cmov'))], /"cmov"/],
    ['two movie boxes', [movie(track()), movie(track())], /"moov"/],
    ['no movie box', [box('free')], /no movie box/],
    ['an unknown box', [movie(track()), box('beam', Buffer.alloc(9))], /"beam"/],
    ['many boxes', [movie(track()), ...Array.from({ length: 40 }, () => box('free'))], /too many boxes/],
    [
      'junk behind the movie',
      [movie(track()), Buffer.from('PK\x03\x04\x14\x00\x00\x00and so on')],
      /"\\u0014|past the end|box/,
    ],
    ['zeros behind the movie', [movie(track()), Buffer.alloc(20)], /no box of known size/],
    ['a box up to the end', [movie(track()), uint32(0), Buffer.from('free')], /no box of known size/],
    ['a large private box', [movie(track()), box('uuid', Buffer.alloc(2 * MIB))], /box uuid/],
    ['a large movie box', [movie(track(), box('udta', Buffer.alloc(33 * MIB)))], /box moov/],
    [
      'data in another file',
      [movie(track({ dref: box('dref', uint32(0, 1), box('url ', uint32(0), Buffer.from('a'))) }))],
      /another file/,
    ],
    [
      'data through an alias',
      [movie(track({ dref: box('dref', uint32(0, 1), box('alis', uint32(1), Buffer.alloc(200))) }))],
      /another file/,
    ],
    [
      'a second handler',
      [movie(track({ information: [box('hdlr', uint32(0, 0), Buffer.from('vide'))] }))],
      /second handler/,
    ],
    ['a second table of sizes', [movie(track({ more: [box('stsz', uint32(0, 0, 0))] }))], /repeated box "stsz"/],
    ['a second table of chunks', [movie(track({ more: [box('co64', uint32(0, 0))] }))], /table of chunks/],
    ['a table of compact sizes', [movie(track({ stsz: box('stz2', uint32(0, 8, 0)) }))], /"stz2"/],
    ['auxiliary data', [movie(track({ more: [box('saiz')] }))], /"saiz"/],
    ['samples of one byte', [movie(track({ stsz: box('stsz', uint32(0, 1, 240)) }))], /without sizes/],
    ['samples of one tick', [movie(track({ stts: box('stts', uint32(0, 1, 240, 1)) }))], /one tick/],
    ['an audio track without samples', [movie(track({ chunks: [] }))], /without samples/],
    ['runs that begin late', [movie(track({ stsc: box('stsc', uint32(0, 1, 2, 2, 1)) }))], /begin with the first/],
    ['runs out of order', [movie(track({ stsc: box('stsc', uint32(0, 2, 1, 2, 1, 1, 2, 1)) }))], /out of order/],
    ['an unknown description', [movie(track({ stsc: box('stsc', uint32(0, 1, 1, 2, 2)) }))], /unknown description/],
    ['chunks at one place', [movie(track({ chunks: [first, first].flatMap((c) => c ?? []) }))], /overlap/],
    ['chunks out of order', [movie(track({ chunks: [second, first].flatMap((c) => c ?? []) }))], /overlap/],
    ['tracks that share bytes', [movie(track(), track())], /overlap/],
    ['a chunk in the index', [movie(track({ chunks: [{ position: 4, sizes: [4] }] }))], /outside the media/],
    [
      'a chunk across the end of the media',
      [movie(track({ chunks: [{ position: LARGE_BYTES - 900, sizes: [500] }] }))],
      /outside the media/,
    ],
    ['a chunk past the end', [movie(track({ chunks: [{ position: LARGE_BYTES - 9, sizes: [50] }] }))], /past the end/],
    ['a sample of 4 GB', [movie(track({ chunks: [{ position: MEDIA_START, sizes: [0xffffffff] }] }))], /past the end/],
    ['a count of 4 thousand million', [movie(track({ stsz: box('stsz', uint32(0, 0, 0xffffffff)) }))], /sample table/],
    [
      'a large small track',
      [movie(track(), text({ chunks: [{ position: MEDIA_START, sizes: [17 * MIB] }] }))],
      /large tracks/,
    ],
    ['a track of an unknown kind', [movie(track(), track({ handler: 'abcd' }))], /track "abcd"/],
    [
      'a table too short for its count',
      [movie(track({ stts: Buffer.alloc(0), more: [box('stts', uint32(0))] }))],
      /range/,
    ],
    ['a torn box', [movie(track(), uint32(99), Buffer.from('udta'))], /torn box/],
    ['a box up to the end of its parent', [movie(track(), uint32(0), Buffer.from('udta'))], /torn box/],
  ];
  it.each(odd)('takes no part of a file with %s', async (_, boxes, reason) => {
    expect(await reasonForWhole(largeFile(...boxes))).toMatch(reason);
  });

  it('takes no part of a small file, and does not read it', async () => {
    const file = new RemoteFile(64 * MIB - 1, []);
    expect(await reasonForWhole(file)).toBe('small');
    expect(file.reads).toEqual([]);
  });

  it('takes no part of a file that does not begin as an MP4 or MOV file', async () => {
    expect(await reasonForWhole(new RemoteFile(LARGE_BYTES, []))).toMatch(/no box/);
    const headless = new RemoteFile(LARGE_BYTES, [{ position: 0, bytes: box('moov') }]);
    expect(await reasonForWhole(headless)).toMatch(/not an MP4/);
  });

  it('rejects with the error of the store', async () => {
    const file = largeFile(movie(track()));
    const failure = new Error('The store is away');
    vi.spyOn(file, 'read').mockRejectedValueOnce(failure);
    await expect(selectAudio(file)).rejects.toBe(failure);
  });

  it('never selects or reads anything outside a file with a damaged index', async () => {
    const good = movie(track(), video(), text({ chunks: [{ position: MEDIA_START + 90 * MIB + 5000, sizes: [9] }] }));
    let seed = 1;
    const random = (below: number): number => (seed = (seed * 48271) % 0x7fffffff) % below;
    let selections = 0;
    for (let round = 0; round < 1000; round++) {
      const bad = Buffer.from(good);
      for (let change = random(4); change >= 0; change--) {
        // Mostly in the headers and the first entries of tables.
        const at =
          random(2) === 0
            ? random(bad.length)
            : good.indexOf(['stsc', 'stsz', 'stco', 'stsd'][random(4)] ?? '') + random(24);
        if (random(2) === 0) bad[at] = random(256);
        else bad.writeUInt32BE([0, 1, 0x7fffffff, 0xffffffff][random(4)] ?? 0, Math.min(at, bad.length - 4));
      }
      const file = largeFile(bad);
      const selection = await selectAudio(file);
      if ('wholeBecause' in selection) continue;
      selections += 1;
      const bounds = selection.ranges.flatMap(({ start, end }) => [start, end]);
      const inOrder = [MEDIA_START, ...bounds, LARGE_BYTES - bad.length - 1];
      if (inOrder.some((bound, index) => bound < (inOrder[index - 1] ?? 0))) expect(inOrder).toEqual('in order');
    }
    expect(selections).toBeGreaterThan(30);
  });

  it('serves others while it reads long tables', async () => {
    const count = 20 * STEPS_PER_YIELD;
    const chunkAt = (index: number): number => MEDIA_START + index * 600;
    const long = Array.from({ length: count }, (_, index) => ({ position: chunkAt(index), sizes: [100] }));
    const file = largeFile(movie(track({ chunks: long })));
    let now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => (now += 1000));
    let [turns, isOver] = [0, false];
    const selecting = selectAudio(file).finally(() => (isOver = true));
    for (; !isOver; turns++) await nextTurn();
    await selecting;
    // Each of seven passes over the chunks gives way about twenty times.
    expect(turns).toBeGreaterThan(100);
  });

  it('takes no part of a file with more chunks than real files have', async () => {
    const offsets = Buffer.alloc(4 * 500_001);
    for (let index = 0; index < 500_001; index++) offsets.writeUInt32BE(MEDIA_START + index * 20, 4 * index);
    const tables = {
      stco: box('stco', uint32(0, 500_001), offsets),
      stsc: box('stsc', uint32(0, 1, 1, 1, 1)),
      stsz: box('stsz', uint32(0, 10, 500_001)),
      stts: box('stts', uint32(0, 1, 500_001, 1024)),
    };
    expect(await reasonForWhole(largeFile(movie(track(tables))))).toMatch(/too many chunks/);
  });
});
