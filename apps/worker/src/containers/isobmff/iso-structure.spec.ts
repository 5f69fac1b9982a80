import { describe, expect, it } from 'vitest';
import { readIsoStructure } from './iso-structure.js';
import type { SourceStructure } from '../source-structure.js';

const uint32 = (...values: number[]): Buffer => {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, index) => bytes.writeUInt32BE(value >>> 0, 4 * index));
  return bytes;
};

const box = (type: string, ...payload: Buffer[]): Buffer => {
  const body = Buffer.concat(payload);
  return Buffer.concat([uint32(8 + body.length), Buffer.from(type, 'latin1'), body]);
};

interface Movie {
  readonly offset: number;
  readonly sizes: readonly number[];
  readonly times: number;
  readonly perChunk: number;
  readonly description: number;
  readonly handler: string;
  readonly entry: string;
  readonly mvex: readonly Buffer[];
}

function moov(overrides: Partial<Movie> = {}): Buffer {
  const movie = {
    offset: 1000,
    sizes: [10, 20, 30],
    times: 3,
    perChunk: 3,
    description: 1,
    handler: 'soun',
    entry: 'mp4a',
    mvex: [],
    ...overrides,
  };
  const chunks = movie.sizes.length === 0 ? [] : [movie.offset];
  const table = box(
    'stbl',
    box('stsd', uint32(0, 1), box(movie.entry, Buffer.alloc(20))),
    box('stts', uint32(0, movie.times === 0 ? 0 : 1), movie.times === 0 ? Buffer.alloc(0) : uint32(movie.times, 1024)),
    box(
      'stsc',
      uint32(0, chunks.length),
      chunks.length === 0 ? Buffer.alloc(0) : uint32(1, movie.perChunk, movie.description),
    ),
    box('stsz', uint32(0, 0, movie.sizes.length, ...movie.sizes)),
    box('stco', uint32(0, chunks.length, ...chunks)),
  );
  const handler = box('hdlr', uint32(0, 0), Buffer.from(movie.handler), Buffer.alloc(12));
  const track = box('trak', box('tkhd', uint32(0, 0, 0, 1, 0, 0)), box('mdia', handler, box('minf', table)));
  return box('moov', track, ...movie.mvex);
}

const ftyp = box('ftyp', Buffer.from('isomisom'));
const fragmented = moov({ sizes: [], times: 0, mvex: [box('mvex', box('trex', uint32(0, 1, 1, 0, 0, 0)))] });

function fragment(sizes: readonly number[], mediaBytes = sizes.reduce((sum, size) => sum + size, 0)): Buffer {
  const header = box('tfhd', uint32(0x020000, 1));
  const run = (offset: number): Buffer => box('trun', uint32(0x201, sizes.length, offset, ...sizes));
  const build = (offset: number): Buffer => box('moof', box('traf', header, run(offset)));
  return Buffer.concat([build(build(0).length + 8), box('mdat', Buffer.alloc(mediaBytes))]);
}

function read(...parts: Buffer[]): Promise<SourceStructure> {
  const all = Buffer.concat(parts);
  return readIsoStructure({
    sizeBytes: all.length,
    bytes: (position, length) => Promise.resolve(all.subarray(position, position + length)),
  });
}

async function damageOf(...parts: Buffer[]): Promise<string | null> {
  const { damage, tracks } = await read(...parts);
  return damage ?? tracks.find((track) => track.damage !== null)?.damage ?? null;
}

const media = box('mdat', Buffer.alloc(1200));

describe('readIsoStructure', () => {
  it('reports no damage in a complete file', async () => {
    expect(await read(ftyp, moov(), media)).toMatchObject({
      damage: null,
      tracks: [{ isAudio: true, isEncrypted: false, damage: null }],
    });
  });

  it.each([
    ['a movie box at the end', [ftyp, media, moov({ offset: 30 })]],
    [
      'media up to the end of the file',
      [ftyp, moov({ offset: 500 }), uint32(0), Buffer.from('mdat'), Buffer.alloc(900)],
    ],
    [
      'a 64-bit size',
      [ftyp, moov({ offset: 500 }), uint32(1), Buffer.from('mdat'), uint32(0, 1016), Buffer.alloc(1000)],
    ],
    ['free space at the end', [ftyp, moov(), media, box('free', Buffer.alloc(50))]],
    ['zeros at the end', [ftyp, moov(), media, Buffer.alloc(7)]],
    ['an archive behind the movie', [ftyp, moov(), media, Buffer.from('PK\x03\x04\x14\x00\x00\x00and so on')]],
    ['a private box', [ftyp, box('beam', Buffer.alloc(9)), moov(), media]],
    ['fragments', [ftyp, fragmented, fragment([10, 20]), fragment([30])]],
  ])('accepts %s', async (_, parts) => {
    expect(await damageOf(...parts)).toBeNull();
  });

  it.each([
    ['a truncated media box', [ftyp, moov(), media.subarray(0, -1)], /mdat .* past the end/],
    ['a truncated box header', [ftyp, fragmented, fragment([10]), fragment([10]).subarray(0, 6)], /no box begins/],
    ['a truncated movie box', [ftyp, media, moov().subarray(0, -5)], /moov .* past the end/],
    ['a missing movie box', [ftyp, media], /no movie box/],
    ['a chunk past the end', [ftyp, moov({ offset: 5000 }), media], /past the end/],
    ['a last sample past the end', [ftyp, moov({ sizes: [10, 20, 3000] }), media], /sample 3 ends past/],
    ['more sizes than samples in chunks', [ftyp, moov({ perChunk: 2 }), media], /3 samples, but 2/],
    ['fewer sizes than samples in chunks', [ftyp, moov({ perChunk: 4 }), media], /more samples/],
    ['a chunk with an unknown description', [ftyp, moov({ description: 9 }), media], /unknown description 9/],
    ['times for fewer samples', [ftyp, moov({ times: 2 }), media], /times for 2/],
    ['a truncated fragment', [ftyp, fragmented, fragment([10, 20]).subarray(0, -1)], /past the (end|file)/],
    ['samples past the last fragment', [ftyp, fragmented, fragment([10, 2000], 30)], /end past the file/],
    [
      'an unknown box between fragments',
      [ftyp, fragmented, box('mogf', Buffer.alloc(9)), fragment([1])],
      /between fragments/,
    ],
    ['no fragments at all', [ftyp, fragmented], /without fragments/],
  ])('reports damage: %s', async (_, parts, damage) => {
    expect(await damageOf(...parts)).toMatch(damage);
  });

  it('reports a run whose sample count does not fit its box', async () => {
    const torn = fragment([10, 20, 30]);
    torn.writeUInt32BE(2, torn.indexOf('trun') + 8);
    expect(await damageOf(ftyp, fragmented, torn)).toMatch(/sample run/);
  });

  // A loop over these samples would take minutes.
  it('does not loop over samples of one size', async () => {
    const movie = moov({ sizes: [10], times: 0xffffffff, perChunk: 0xffffffff });
    movie.writeUInt32BE(2, movie.indexOf('stsz') + 8);
    movie.writeUInt32BE(0xffffffff, movie.indexOf('stsz') + 12);
    const tracks = Array.from({ length: 60 }, () => movie.subarray(8));
    expect(await damageOf(ftyp, box('moov', ...tracks), media)).toMatch(/^4294967295 samples declared/);
  });

  it.each([
    ['tracks', box('moov', ...Array.from({ length: 1001 }, () => box('trak'))), /too many tracks/],
    ['boxes in a box', box('moov', Buffer.alloc(8 * 20_001, box('free'))), /too many boxes/],
  ])('reports damage if a file has more %s than any writer creates', async (_, movie, damage) => {
    expect(await damageOf(ftyp, movie, media)).toMatch(damage);
  });

  it('checks only the tables of audio tracks', async () => {
    expect(await damageOf(ftyp, moov({ handler: 'vide', offset: 5000 }), media)).toBeNull();
  });

  it.each(['enca', 'drms'])('detects encrypted audio by its entry %s', async (entry) => {
    expect((await read(ftyp, moov({ entry }), media)).tracks[0]?.isEncrypted).toBe(true);
  });

  it('does not throw, whichever byte is wrong', async () => {
    const good = Buffer.concat([ftyp, moov(), fragmented, fragment([10, 20]), media]);
    for (let at = 0; at < good.length - media.length; at++) {
      for (const value of [0, 1, 0x7f, 0xff]) {
        const bad = Buffer.from(good);
        bad[at] = value;
        await expect(read(bad)).resolves.toMatchObject({ container: 'iso' });
      }
    }
  });
});
