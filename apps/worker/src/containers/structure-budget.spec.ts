import { describe, expect, it } from 'vitest';
import { readIsoStructure } from './isobmff/iso-structure.js';
import { readEbmlStructure } from './matroska/ebml-structure.js';
import type { ByteSource } from './file-window.js';
import { StructureBudget } from './structure-budget.js';
import { StructureReader } from './structure-reader.js';
import { aMovie, box, ebml, inMemory, matroska, uint32 } from '../../test/hostile-structures.js';

const SMALL = { elements: 1000, tableBytes: 100_000 };

function readerOf(file: ByteSource): StructureReader {
  return new StructureReader(file, new StructureBudget(file.sizeBytes, SMALL.elements, SMALL.tableBytes));
}

const readIso = (file: ByteSource): ReturnType<typeof readIsoStructure> =>
  readIsoStructure(file, undefined, readerOf(file));
const readEbml = (file: ByteSource): ReturnType<typeof readEbmlStructure> =>
  readEbmlStructure(file, undefined, readerOf(file));

describe('the budget of a reader', () => {
  it.each([
    ['boxes', readIso, [box('ftyp'), Buffer.alloc(9 * 1001, box('free', Buffer.alloc(1)))]],
    ['bytes of fragments', readIso, [aMovie(), ...Array.from({ length: 11 }, () => box('moof', Buffer.alloc(10_000)))]],
    ['elements in the segment', readEbml, [matroska(Buffer.alloc(3 * 1001, 'ec8100', 'hex'))]],
    ['blocks', readEbml, [matroska(ebml('1f43b675', Buffer.alloc(7 * 1001, 'a38581000000aa', 'hex')))]],
    ['block groups', readEbml, [matroska(ebml('1f43b675', Buffer.alloc(8 * 501, 'a086a18481000000', 'hex')))]],
    ['laced frames', readEbml, [matroska(ebml('1f43b675', Buffer.alloc(7 * 5, 'a38581000004ff', 'hex')))]],
  ])('rejects more %s than real files have', async (_, read, parts) => {
    await expect(read(inMemory(...parts))).resolves.toMatchObject({
      damage: expect.stringMatching(/^more than/) as string,
      isOversized: true,
    });
  });

  it.each([
    ['two-byte Void elements in the segment', readEbml, [matroska(Buffer.alloc(2 * 500_000, 'ec80', 'hex'))]],
    [
      'two-byte Void elements in a cluster',
      readEbml,
      [matroska(ebml('1f43b675', Buffer.alloc(2 * 500_000, 'ec80', 'hex')))],
    ],
    ['empty free boxes', readIso, [aMovie(), box('mdat'), Buffer.alloc(8 * 100_000, box('free'))]],
  ])('counts a run of %s in bulk', async (_, read, parts) => {
    await expect(read(inMemory(...parts))).resolves.toMatchObject({ damage: null });
  });

  it.each([
    ['after padding', [Buffer.alloc(2 * 50_001, 'ec80', 'hex'), ebml('1f43b677', Buffer.alloc(3))]],
    ['cut in padding', [Buffer.alloc(2 * 50_001, 'ec80', 'hex'), Buffer.of(0xec)]],
  ])('reports damage %s', async (_, parts) => {
    expect((await readEbml(inMemory(matroska(...parts)))).damage).toMatch(/byte 100100$/);
  });
});

describe('the number of declared samples', () => {
  const sizes = (each: number, count: number): Buffer => box('stsz', uint32(0, each, count));
  const compact = (bits: number, count: number): Buffer => box('stz2', uint32(0, bits, count));

  it.each([
    ['samples of one byte', { stsz: sizes(1, 55_000_000) }],
    ['samples of one size', { stsz: sizes(200, 5_000) }],
    ['samples with a list of sizes', { stsz: sizes(0, 55_000_000) }],
    ['samples with a list of compact sizes', { stsz: compact(4, 55_000_000) }],
    ['samples of video', { handler: 'vide', stsz: sizes(1, 55_000_000) }],
    ['samples in a second table', { stsz: Buffer.concat([sizes(0, 0), sizes(1, 55_000_000)]) }],
  ])('is too large for the file: %s', async (_, overrides) => {
    const structure = await readIso(inMemory(aMovie(overrides), box('mdat', Buffer.alloc(1000))));
    expect(structure).toMatchObject({ isOversized: true, damage: expect.stringMatching(/samples declared/) as string });
  });

  it('is added up over tracks', async () => {
    const track = aMovie({ stsz: sizes(1, 900) }).subarray(8);
    const media = box('mdat', Buffer.alloc(1000));
    const read = (tracks: number): ReturnType<typeof readIso> =>
      readIso(inMemory(box('moov', ...Array.from({ length: tracks }, () => track)), media));
    expect((await read(1)).isOversized).toBeUndefined();
    expect((await read(10)).isOversized).toBe(true);
  });

  it('is added up over the runs of fragments', async () => {
    const run = box('traf', box('tfhd', uint32(0x020000, 1)), box('trun', uint32(0, 900)));
    const read = (runs: number): ReturnType<typeof readIso> =>
      readIso(inMemory(aMovie(), ...Array.from({ length: runs }, () => box('moof', run)), Buffer.alloc(1000)));
    expect((await read(1)).isOversized).toBeUndefined();
    expect((await read(20)).isOversized).toBe(true);
  });

  it('can exceed the size of QuickTime audio, whose samples take less than the stated byte', async () => {
    const audio = aMovie({ stts: box('stts', uint32(0, 1, 9000, 1)), stsz: sizes(1, 9000) });
    expect((await readIso(inMemory(audio, box('mdat', Buffer.alloc(300))))).isOversized).toBeUndefined();
  });
});
