import { readIsoStructure } from '../src/containers/isobmff/iso-structure.js';
import { readEbmlStructure } from '../src/containers/matroska/ebml-structure.js';
import type { SourceStructure } from '../src/containers/source-structure.js';
import { aMovie, box, ebml, inMemory, matroska, uint32 } from './hostile-structures.js';

/** A file whose structure is as expensive to read as the limits of the readers allow. */
interface StructureAtLimits {
  readonly bytes: () => Buffer;
  readonly read: (bytes: Buffer) => Promise<SourceStructure>;
}

const iso = (bytes: () => Buffer): StructureAtLimits => ({ bytes, read: (file) => readIsoStructure(inMemory(file)) });
const matroskaFile = (bytes: () => Buffer): StructureAtLimits => ({
  bytes,
  read: (file) => readEbmlStructure(inMemory(file)),
});

/** Almost as many children of one box or element as a reader accepts. */
const CHILDREN = 9_900;

const repeated = (count: number, part: Buffer): Buffer => Buffer.alloc(count * part.length, part);
const manyFree = (count = CHILDREN): Buffer => repeated(count, box('free'));
const numbered = (count: number, entry: (index: number) => number[]): Buffer =>
  Buffer.concat(Array.from({ length: count }, (_, index) => uint32(...entry(index))));
const fragmented = (...more: Buffer[]): Buffer =>
  box('moov', aMovie().subarray(8), ...more, box('mvex', box('trex', uint32(0, 1, 1, 0, 0, 0))));
const trackFragment = (...runs: Buffer[]): Buffer => box('traf', box('tfhd', uint32(0x020000, 1)), ...runs);
const run = (samples: number): Buffer => box('trun', uint32(0x300, samples), repeated(samples, uint32(7, 1)));

/** A track in which every box has as many children as possible before those that count. */
function crowdedTrack(children: number): Buffer {
  const free = manyFree(children);
  const entries = Array.from({ length: children }, () => box('mp4a', Buffer.alloc(8)));
  const table = box(
    'stbl',
    free,
    box('stsd', uint32(0, 1), ...entries),
    ...['stts', 'stsc', 'stco'].map((type) => box(type, uint32(0, 0))),
    box('stsz', uint32(0, 0, 0)),
  );
  const handler = box('hdlr', uint32(0, 0), Buffer.from('soun'), Buffer.alloc(12));
  const media = box('mdia', free, box('mdhd', uint32(0, 0, 0, 1000, 0)), handler, box('minf', free, table));
  const edits = box('edts', free, box('elst', uint32(0, 0)));
  return box('trak', free, box('tkhd', uint32(0, 0, 0, 1, 0, 0)), edits, media);
}

type Structures = Readonly<Record<string, StructureAtLimits>>;

const isoAtLimits = (entries: number): Structures => ({
  'times of many different durations': iso(() =>
    aMovie({
      stts: box(
        'stts',
        uint32(0, entries),
        numbered(entries, (index) => [1, (index * 2654435761) >>> 0]),
      ),
    }),
  ),
  'many chunk runs': iso(() =>
    aMovie({
      stts: box('stts', uint32(0, 1, entries, 1)),
      stsc: box(
        'stsc',
        uint32(0, entries),
        numbered(entries, (index) => [index + 1, 1, 1]),
      ),
      stsz: box('stsz', uint32(0, 0, entries), repeated(entries, uint32(1))),
      stco: box('stco', uint32(0, entries), repeated(entries, uint32(0))),
    }),
  ),
  'tracks with many boxes': iso(() => box('moov', crowdedTrack(1_900), crowdedTrack(1_900))),
  'a track with too many boxes': iso(() => box('moov', crowdedTrack(CHILDREN))),
  'a movie with many boxes': iso(() => box('moov', manyFree(), aMovie().subarray(8))),
  'a thousand tracks': iso(() => box('moov', ...Array.from({ length: 1000 }, () => aMovie().subarray(8)))),
  'nested boxes': iso(() => {
    const tables = repeated(CHILDREN, box('stsz', uint32(0, 0, 0)));
    return box('moov', box('trak', ...Array.from({ length: 40 }, () => box('mdia', box('minf', tables)))));
  }),
  'a fragment with many tracks': iso(() =>
    Buffer.concat([fragmented(), box('moof', repeated(CHILDREN, trackFragment(run(2))))]),
  ),
  'track fragments with many boxes': iso(() =>
    Buffer.concat([fragmented(), box('moof', ...Array.from({ length: 20 }, () => trackFragment(manyFree())))]),
  ),
  'fragments with many boxes': iso(() =>
    Buffer.concat([fragmented(), ...Array.from({ length: 20 }, () => box('moof', manyFree()))]),
  ),
  'a run of many samples': iso(() => Buffer.concat([fragmented(), box('moof', trackFragment(run(entries)))])),
  'many small boxes': iso(() => Buffer.concat([fragmented(), repeated(entries, box('free', Buffer.of(0)))])),
  'a segment index of many segments': iso(() =>
    Buffer.concat([
      fragmented(),
      repeated(20, box('sidx', uint32(0, 1, 1000, 0, 0, 65_535), Buffer.alloc(12 * 65_535))),
    ]),
  ),
  'a fragment index with many boxes': iso(() =>
    Buffer.concat([
      fragmented(),
      ...Array.from({ length: 20 }, () => box('mfra', repeated(CHILDREN, box('tfra', uint32(0, 1, 0, 0))))),
    ]),
  ),
});

const matroskaAtLimits = (entries: number): Structures => ({
  'many small elements': matroskaFile(() => matroska(repeated(entries, Buffer.from('ec8100', 'hex')))),
  'many blocks': matroskaFile(() =>
    matroska(ebml('1f43b675', repeated(entries, Buffer.from('a38581000000aa', 'hex')))),
  ),
  'blocks of many laced frames': matroskaFile(() => {
    const block = ebml('a3', Buffer.from('81000006fe', 'hex'), repeated(254, uint32(0x01000000, 1)));
    return matroska(ebml('1f43b675', repeated(entries / 500, block)));
  }),
  'many block groups': matroskaFile(() =>
    matroska(ebml('1f43b675', repeated(entries, Buffer.from('a086a18481000000', 'hex')))),
  ),
  'many short clusters': matroskaFile(() => matroska(repeated(entries, Buffer.from('1f43b67580', 'hex')))),
  'tracks with many fields': matroskaFile(() => {
    const track = ebml('ae', ebml('d7', Buffer.of(1)), repeated(CHILDREN, Buffer.from('ec80', 'hex')));
    return Buffer.concat([ebml('1a45dfa3'), ebml('18538067', ebml('1654ae6b', repeated(50, track)))]);
  }),
  'a track with many encodings': matroskaFile(() => {
    const encoding = ebml('6240', repeated(400, Buffer.from('ec80', 'hex')));
    const track = ebml('ae', ebml('d7', Buffer.of(1)), ebml('6d80', repeated(CHILDREN, encoding)));
    return Buffer.concat([ebml('1a45dfa3'), ebml('18538067', ebml('1654ae6b', track))]);
  }),
  'segment information with many fields': matroskaFile(() =>
    matroska(repeated(30, ebml('1549a966', repeated(CHILDREN, Buffer.from('ec80', 'hex'))))),
  ),
});

/** @param entries the length of long tables and runs */
export const structuresAtLimits = (entries: number): Structures => ({
  ...isoAtLimits(entries),
  ...matroskaAtLimits(entries),
});
