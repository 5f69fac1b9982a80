import type { ByteSource } from '../file-window.js';
import { readBoxHeader } from './iso-box.js';
import { FragmentReader } from './iso-fragment.js';
import { statedMovieMs } from './iso-duration.js';
import { listedTimes, segmentIndexEnd } from './iso-index.js';
import { readMovie, type IsoTrack } from './iso-movie.js';
import type { OnTracks, SourceStructure } from '../source-structure.js';
import { oversized } from '../structure-budget.js';
import { StructureReader } from '../structure-reader.js';

/** Boxes that are cut only in a damaged file. Bytes after the movie that look like other boxes can be anything. */
const KNOWN = new Set(
  [
    ['ftyp', 'styp', 'moov', 'moof', 'mdat', 'mfra', 'sidx', 'ssix', 'prft', 'emsg', 'meta', 'uuid', 'udta'],
    ['free', 'skip', 'wide', 'pnot', 'pdin'],
  ].flat(),
);
const TABLES = new Set(['moov', 'moof', 'sidx', 'mfra']);
const LONGEST_HEADER_BYTES = 16;
const MAX_TABLE_BOX_BYTES = 64 * 1024 * 1024;

/** Writers round the duration of all fragments, and some count the delay of a track. */
const STATED_TOLERANCE_SECONDS = 1;

/** Padding: some writers leave long runs of it. */
const PADDING = new Set(['free', 'skip', 'wide']);

interface Walk {
  readonly reader: StructureReader;
  readonly onTracks: OnTracks;
  readonly tracks: IsoTrack[];
  isFragmented: boolean;
  statedSeconds: number;
  fragments: FragmentReader | null;
  mediaBytes: number;
}

/** Reads the top-level boxes of an MP4 or QuickTime file, and the sample tables of its audio. */
export async function readIsoStructure(
  file: ByteSource,
  onTracks: OnTracks = () => undefined,
  reader = new StructureReader(file),
): Promise<SourceStructure> {
  const walk: Walk = {
    reader,
    onTracks,
    tracks: [],
    isFragmented: false,
    statedSeconds: 0,
    fragments: null,
    mediaBytes: 0,
  };
  try {
    const damage = await walkBoxes(walk).catch(unreadableBox);
    return { container: 'iso', damage: damage ?? missingPart(walk), tracks: walk.tracks };
  } catch (error) {
    return { container: 'iso', tracks: walk.tracks, ...oversized(error) };
  }
}

async function walkBoxes(walk: Walk): Promise<string | null> {
  const { reader } = walk;
  for (let position = 0; position < reader.sizeBytes;) {
    if (reader.offsetOf(position, LONGEST_HEADER_BYTES) < 0) await reader.load(position);
    const header = readBoxHeader(reader.window, reader.offsetOf(position, LONGEST_HEADER_BYTES));
    if (reader.spendElement()) await reader.giveWay();
    if (header === null) return isJunk(walk, position) ? null : `no box begins at byte ${position}`;
    const end = position + (header.sizeBytes ?? reader.sizeBytes - position);
    if (!KNOWN.has(header.type)) {
      if (walk.isFragmented) return `unknown box at byte ${position}, between fragments`;
      if (end > reader.sizeBytes)
        return isJunk(walk, position) ? null : `unknown box at byte ${position} runs past the end`;
    }
    if (end > reader.sizeBytes) return `box ${header.type} at byte ${position} runs past the end of the file`;
    const damage = TABLES.has(header.type)
      ? await readTable(walk, header.type, position, position + header.headerBytes, end)
      : null;
    if (damage !== null) return damage;
    if (header.type === 'mdat') walk.mediaBytes += end - position - header.headerBytes;
    const isPadding = PADDING.has(header.type) && end === position + header.headerBytes;
    position = isPadding ? await reader.endOfRepeats(position, reader.sizeBytes, header.headerBytes) : end;
  }
  return null;
}

/** Describes a box that is too short for its fields, or has too many entries; throws any other error again. */
function unreadableBox(error: unknown): string {
  if (error instanceof RangeError) return `a box cannot be read: ${error.message}`;
  throw error;
}

async function readTable(walk: Walk, type: string, box: number, start: number, end: number): Promise<string | null> {
  if (end - start > MAX_TABLE_BOX_BYTES) return `box ${type} at byte ${box} is too large`;
  const { reader, tracks } = walk;
  const payload = await reader.table(start, end - start);
  if (type === 'moof') {
    walk.fragments ??= new FragmentReader(reader.sizeBytes, tracks, reader.budget);
    return reader.run(walk.fragments.read(payload, box));
  }
  if (type !== 'moov') return walk.isFragmented ? listedLoss(walk, type, payload, end) : null;
  // ffmpeg also reads only the first one.
  if (tracks.length > 0) return null;
  const movie = await reader.run(readMovie(payload, reader.sizeBytes, reader.budget));
  walk.isFragmented = movie.isFragmented;
  walk.statedSeconds = movie.statedSeconds;
  tracks.push(...movie.tracks);
  const statedMs = statedMovieMs(payload) ?? (movie.statedSeconds > 0 ? movie.statedSeconds * 1000 : null);
  walk.onTracks({ hasMp3: movie.tracks.some(({ mp3 }) => mp3 !== undefined), statedMs });
  return null;
}

/** Returns true if the bytes follow a complete movie and do not belong to it: zeros, an appended archive or web page. */
function isJunk(walk: Walk, position: number): boolean {
  const { reader } = walk;
  const offset = reader.offsetOf(position, LONGEST_HEADER_BYTES);
  const isZero = reader.window.subarray(offset, offset + LONGEST_HEADER_BYTES).every((byte) => byte === 0);
  return walk.tracks.length > 0 && walk.mediaBytes > 0 && (isZero || !walk.isFragmented);
}

/** Finds audio that an index lists and the file lacks. An index that cannot be read proves nothing. */
function listedLoss({ reader, tracks, fragments }: Walk, type: string, payload: Buffer, end: number): string | null {
  try {
    if (type === 'sidx') {
      const listedEnd = segmentIndexEnd(payload, end);
      return listedEnd > reader.sizeBytes ? `segments up to byte ${listedEnd} are listed` : null;
    }
    const lost = listedTimes(payload).find(
      (times) => fragments?.lacks(times) === true && tracks.some(({ id, isAudio }) => isAudio && id === times.trackId),
    );
    return lost === undefined ? null : `the last listed fragment of track ${lost.trackId} is missing`;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function missingPart({ tracks, isFragmented, fragments, statedSeconds }: Walk): string | null {
  if (tracks.length === 0) return 'no movie box with tracks';
  // Without an audio track, the job fails anyway, with a better reason.
  if (!tracks.some(({ isAudio }) => isAudio)) return null;
  const isEmpty = tracks.every(({ samples }) => samples === 0);
  if (isFragmented && fragments === null && isEmpty) return 'a fragmented movie without fragments';
  // A track with an unknown end counts as long enough.
  const endSeconds = Math.max(...tracks.map((track) => fragments?.endSeconds(track) ?? Infinity));
  return statedSeconds > endSeconds + STATED_TOLERANCE_SECONDS
    ? `fragments end at ${endSeconds} s of ${statedSeconds} s`
    : null;
}
