import { childBoxes, findBox, type Box } from './iso-box.js';
import { mediaTimescale } from './iso-edits.js';
import { statedFragmentUnits } from './iso-index.js';
import { isMpegAudio, readTrim } from './iso-mp3.js';
import { readIsoTime } from './iso-time.js';
import { readSampleTable, type SampleTable } from './iso-sample-table.js';
import { spendDeclaredSamples } from './iso-sample-counts.js';
import type { Interruptible } from '../event-loop-share.js';
import { MAX_MP3_RANGES, type Mp3Track, type SourceTrack, type Trim } from '../source-structure.js';
import type { StructureBudget } from '../structure-budget.js';

/** ffmpeg rejects files with more. */
const MAX_TRACKS = 1000;
const ENCRYPTED_ENTRIES = new Set(['enca', 'encv', 'drms', 'drmi', 'aavd']);

export interface IsoTrack extends SourceTrack {
  readonly id: number;
  readonly defaults: SampleDefaults;
  readonly samples: number;
  /** Units per second. */
  readonly timescale: number;
  damage: string | null;
}

/** Defaults for samples of fragments that do not state their own. */
export interface SampleDefaults {
  readonly sizeBytes: number;
  readonly duration: number;
}

export interface Movie {
  readonly tracks: readonly IsoTrack[];
  readonly isFragmented: boolean;
  /** The duration of the fragments that the movie states; 0 if it states none. */
  readonly statedSeconds: number;
}

/** Reads the tracks of a `moov` payload. */
export function* readMovie(bytes: Buffer, fileBytes: number, budget: StructureBudget): Interruptible<Movie> {
  const boxes = childBoxes(bytes);
  const extension = boxes.find(({ type }) => type === 'mvex') ?? null;
  const movie: MovieFacts = {
    fileBytes,
    timescale: movieTimescale(bytes),
    isFragmented: extension !== null,
    mp3Room: { ranges: MAX_MP3_RANGES },
    sampleDefaults: extension === null ? new Map<number, SampleDefaults>() : readSampleDefaults(bytes, extension),
  };
  const tracks: IsoTrack[] = [];
  const trackBoxes = boxes.filter(({ type }) => type === 'trak');
  if (trackBoxes.length > MAX_TRACKS) throw new RangeError('too many tracks');
  for (const box of trackBoxes) {
    yield* spendDeclaredSamples(bytes, box, budget);
    tracks.push(yield* readTrack(bytes, box, movie));
    yield;
  }
  const statedUnits = statedFragmentUnits(bytes);
  const statedSeconds = movie.timescale === 0 ? 0 : statedUnits / movie.timescale;
  return { tracks, isFragmented: movie.isFragmented, statedSeconds };
}

interface MovieFacts {
  readonly fileBytes: number;
  readonly timescale: number;
  readonly isFragmented: boolean;
  /** The number of ranges of MP3 audio that can still be kept. */
  readonly mp3Room: { ranges: number };
  readonly sampleDefaults: ReadonlyMap<number, SampleDefaults>;
}

function* readTrack(bytes: Buffer, track: Box, movie: MovieFacts): Interruptible<IsoTrack> {
  const id = trackId(bytes, track);
  yield;
  const handler = findBox(bytes, 'mdia/hdlr', track);
  const isAudio = handler !== null && bytes.toString('latin1', handler.start + 8, handler.start + 12) === 'soun';
  const sampleTable = findBox(bytes, 'mdia/minf/stbl', track);
  yield;
  const mayBeMp3 = isAudio && sampleTable !== null && !movie.isFragmented && isMpegAudio(bytes, sampleTable);
  const chunks = new ChunkList(mayBeMp3, movie);
  yield;
  const table =
    isAudio && sampleTable !== null ? yield* readSampleTable(bytes, sampleTable, movie.fileBytes, chunks.add) : null;
  return {
    id,
    isAudio,
    isEncrypted: sampleTable !== null && isEncrypted(bytes, sampleTable),
    // Cannot be compared with ffmpeg's count, because ffmpeg skips the samples that an edit list excludes.
    packets: null,
    samples: table?.samples ?? 0,
    timescale: mediaTimescale(bytes, track),
    time: table === null ? null : yield* readIsoTime(bytes, track, movie),
    damage: table?.damage ?? null,
    defaults: movie.sampleDefaults.get(id) ?? { sizeBytes: 0, duration: 0 },
    mp3: mayBeMp3 && table !== null ? chunks.mp3(table, yield* readTrim(bytes, track, movie.timescale)) : undefined,
  };
}

/** Collects the positions of the chunks of a track. */
class ChunkList {
  private readonly ranges: number[] = [];
  private totalBytes = 0;
  private isPlain = true;

  constructor(
    private readonly isWanted: boolean,
    private readonly movie: MovieFacts,
  ) {}

  readonly add = (position: number, lengthBytes: number | null): void => {
    if (!this.isWanted || !this.isPlain) return;
    this.totalBytes += lengthBytes ?? 0;
    // Chunks can share bytes, which would make an endless output of a small file.
    const hasRoom = this.totalBytes <= this.movie.fileBytes && this.movie.mp3Room.ranges-- > 0;
    if (lengthBytes === null || !hasRoom) this.isPlain = false;
    else this.ranges.push(position, lengthBytes);
  };

  mp3(table: SampleTable, trim: Trim | null): Mp3Track | undefined {
    return this.isPlain ? { ranges: this.ranges, packets: table.samples, trim } : undefined;
  }
}

function movieTimescale(bytes: Buffer): number {
  const header = findBox(bytes, 'mvhd');
  if (header === null || header.end - header.start < 24) return 0;
  return bytes.readUInt32BE(header.start + (bytes.readUInt8(header.start) === 1 ? 20 : 12));
}

function trackId(bytes: Buffer, track: Box): number {
  const header = findBox(bytes, 'tkhd', track);
  if (header === null || header.end - header.start < 24) return 0;
  return bytes.readUInt32BE(header.start + (bytes.readUInt8(header.start) === 1 ? 20 : 12));
}

function isEncrypted(bytes: Buffer, sampleTable: Box): boolean {
  if (findBox(bytes, 'senc', sampleTable) !== null) return true;
  const descriptions = findBox(bytes, 'stsd', sampleTable);
  if (descriptions === null) return false;
  const entries = childBoxes(bytes, descriptions.start + 8, descriptions.end);
  return entries.some(({ type }) => ENCRYPTED_ENTRIES.has(type));
}

function readSampleDefaults(bytes: Buffer, extension: Box): Map<number, SampleDefaults> {
  const defaults = new Map<number, SampleDefaults>();
  for (const { type, start, end } of childBoxes(bytes, extension.start, extension.end)) {
    if (type !== 'trex' || end - start < 20) continue;
    const [duration, sizeBytes] = [bytes.readUInt32BE(start + 12), bytes.readUInt32BE(start + 16)];
    defaults.set(bytes.readUInt32BE(start + 4), { sizeBytes, duration });
  }
  return defaults;
}
