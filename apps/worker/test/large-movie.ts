import type { FileRange, RemoteSource, SourceSpeed } from '../src/containers/sparse/remote-source.js';
import { box, uint32 } from './hostile-structures.js';

const MIB = 1024 * 1024;
export const LARGE_BYTES = 128 * MIB;
const FTYP = box('ftyp', Buffer.from('isomisom'));
/** After `ftyp` and the header of the media data. */
export const MEDIA_START = FTYP.length + 16;

export interface Chunk {
  readonly position: number;
  readonly sizes: readonly number[];
}

export interface TrackRecipe {
  readonly handler: string;
  readonly entry: Buffer;
  readonly chunks: readonly Chunk[];
  readonly stts: Buffer;
  readonly stsc: Buffer;
  readonly stsz: Buffer;
  readonly stco: Buffer;
  readonly dref: Buffer;
  readonly information: readonly Buffer[];
  readonly more: readonly Buffer[];
}

const ES_DESCRIPTOR = (type: number): Buffer => Buffer.from([3, 8, 0, 1, 0, 4, 3, type, 21, 0]);
export const mp4a = (type = 0x40): Buffer =>
  box('mp4a', Buffer.alloc(6), Buffer.from([0, 1]), Buffer.alloc(20), box('esds', uint32(0), ES_DESCRIPTOR(type)));
/** The entry of an audio codec without boxes in it. */
export const audioEntry = (type: string): Buffer => box(type, Buffer.alloc(28));

/** A chunk of two samples in each MiB of the media data. */
export const chunkPerMib = (count = 120): Chunk[] =>
  Array.from({ length: count }, (_, index) => ({ position: MEDIA_START + index * MIB + 1000, sizes: [100, 200] }));

export function track(overrides: Partial<TrackRecipe> = {}): Buffer {
  const chunks = overrides.chunks ?? chunkPerMib();
  const sizes = chunks.flatMap((chunk) => chunk.sizes);
  const runs = chunks.map((chunk, index) => uint32(index + 1, chunk.sizes.length, 1));
  const recipe: TrackRecipe = {
    handler: 'soun',
    entry: mp4a(),
    chunks,
    stts: box('stts', uint32(0, 1, sizes.length, 1024)),
    stsc: box('stsc', uint32(0, runs.length), ...runs),
    stsz: box('stsz', uint32(0, 0, sizes.length, ...sizes)),
    stco: box('stco', uint32(0, chunks.length, ...chunks.map(({ position }) => position))),
    dref: box('dref', uint32(0, 1), box('url ', uint32(1))),
    information: [],
    more: [],
    ...overrides,
  };
  const { stts, stsc, stsz, stco } = recipe;
  const table = box('stbl', box('stsd', uint32(0, 1), recipe.entry), stts, stsc, stsz, stco, ...recipe.more);
  const information = box('minf', box('smhd', uint32(0, 0)), box('dinf', recipe.dref), table, ...recipe.information);
  const handler = box('hdlr', uint32(0, 0), Buffer.from(recipe.handler), Buffer.alloc(13));
  return box('trak', box('tkhd', Buffer.alloc(84)), box('mdia', box('mdhd', Buffer.alloc(24)), handler, information));
}

export const movie = (...boxes: Buffer[]): Buffer => box('moov', box('mvhd', Buffer.alloc(100)), ...boxes);

/** A large file of which only some pieces are in memory, and of which it is noted what is read. */
export class RemoteFile implements RemoteSource {
  readonly reads: FileRange[] = [];
  sourceSpeed: SourceSpeed = { roundTripMs: 20, bytesPerSecond: 50_000_000 };

  constructor(
    readonly sizeBytes: number,
    private readonly pieces: readonly { position: number; bytes: Buffer }[],
  ) {}

  async read(position: number, length: number): Promise<Buffer> {
    const end = Math.min(position + length, this.sizeBytes);
    if (position < 0 || position >= end) throw new Error(`a read of ${length} bytes at ${position}`);
    this.reads.push({ start: position, end: end - 1 });
    const bytes = Buffer.alloc(end - position);
    for (const piece of this.pieces) {
      const from = Math.max(piece.position, position);
      if (from >= Math.min(end, piece.position + piece.bytes.length)) continue;
      piece.bytes.copy(bytes, from - position, from - piece.position);
    }
    return bytes;
  }

  async speed(): Promise<SourceSpeed> {
    return this.sourceSpeed;
  }
}

/** A file of `ftyp`, media data and these boxes. */
export function largeFile(...boxes: Buffer[]): RemoteFile {
  const end = Buffer.concat(boxes);
  const mediaBytes = LARGE_BYTES - FTYP.length - end.length;
  const head = Buffer.concat([FTYP, uint32(1), Buffer.from('mdat'), uint32(0, mediaBytes)]);
  return new RemoteFile(LARGE_BYTES, [
    { position: 0, bytes: head },
    { position: LARGE_BYTES - end.length, bytes: end },
  ]);
}
