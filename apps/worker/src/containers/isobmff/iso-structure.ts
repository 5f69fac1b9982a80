import type { ByteSource } from '../file-window.js';
import { readBoxHeader } from './iso-box.js';
import { readFragment } from './iso-fragment.js';
import { readMovie, type IsoTrack } from './iso-movie.js';
import type { OnTracks, SourceStructure } from '../source-structure.js';

/** Boxes that only a broken file holds in part. Others behind the movie may be any junk. */
const KNOWN = new Set(
  [
    ['ftyp', 'styp', 'moov', 'moof', 'mdat', 'mfra', 'sidx', 'ssix', 'prft', 'emsg', 'meta', 'uuid', 'udta'],
    ['free', 'skip', 'wide', 'pnot', 'pdin'],
  ].flat(),
);
const LONGEST_HEADER_BYTES = 16;
const MAX_TABLE_BOX_BYTES = 64 * 1024 * 1024;

interface Walk {
  readonly file: ByteSource;
  readonly onTracks: OnTracks;
  readonly tracks: IsoTrack[];
  isFragmented: boolean;
  fragments: number;
  mediaBytes: number;
}

/** Walks the top-level boxes of an MP4 or QuickTime file, and the sample tables of its sound. */
export async function readIsoStructure(
  file: ByteSource,
  onTracks: OnTracks = () => undefined,
): Promise<SourceStructure> {
  const walk: Walk = { file, onTracks, tracks: [], isFragmented: false, fragments: 0, mediaBytes: 0 };
  const damage = await walkBoxes(walk).catch(unreadableBox);
  return { container: 'iso', damage: damage ?? missingPart(walk), tracks: walk.tracks };
}

async function walkBoxes(walk: Walk): Promise<string | null> {
  const { file } = walk;
  for (let position = 0; position < file.sizeBytes;) {
    const bytes = await file.bytes(position, LONGEST_HEADER_BYTES);
    const header = readBoxHeader(bytes);
    if (header === null) return isJunk(walk, bytes) ? null : `no box begins at byte ${position}`;
    const end = position + (header.sizeBytes ?? file.sizeBytes - position);
    if (!KNOWN.has(header.type)) {
      if (walk.isFragmented) return `unknown box at byte ${position}, between fragments`;
      if (end > file.sizeBytes) return isJunk(walk, bytes) ? null : `unknown box at byte ${position} runs past the end`;
    }
    if (end > file.sizeBytes) return `box ${header.type} at byte ${position} runs past the end of the file`;
    const damage = await readBox(walk, header.type, position, position + header.headerBytes, end);
    if (damage !== null) return damage;
    position = end;
  }
  return null;
}

/** Reading a field that its box is too short for, or a list that is too long, is an answer about the file; else it is not. */
function unreadableBox(error: unknown): string {
  if (error instanceof RangeError) return `a box cannot be read: ${error.message}`;
  throw error;
}

async function readBox(walk: Walk, type: string, box: number, start: number, end: number): Promise<string | null> {
  if (type === 'mdat') walk.mediaBytes += end - start;
  if (type !== 'moov' && type !== 'moof') return null;
  if (end - start > MAX_TABLE_BOX_BYTES) return `box ${type} at byte ${box} is too large`;
  const payload = await walk.file.bytes(start, end - start);
  if (type === 'moof') {
    walk.fragments++;
    return readFragment(payload, { position: box, fileBytes: walk.file.sizeBytes, tracks: walk.tracks });
  }
  // ffmpeg, too, reads the first one only.
  if (walk.tracks.length > 0) return null;
  const movie = await readMovie(payload, walk.file.sizeBytes);
  walk.isFragmented = movie.isFragmented;
  walk.tracks.push(...movie.tracks);
  walk.onTracks(movie.tracks.some(({ mp3 }) => mp3 !== undefined));
  return null;
}

/** Whatever stands behind a complete movie harms nobody: zeros, an appended archive or page. */
function isJunk(walk: Walk, bytes: Buffer): boolean {
  const isZero = bytes.every((byte) => byte === 0);
  return walk.tracks.length > 0 && walk.mediaBytes > 0 && (isZero || !walk.isFragmented);
}

function missingPart({ tracks, isFragmented, fragments }: Walk): string | null {
  if (tracks.length === 0) return 'no movie box with tracks';
  const isEmpty = tracks.every(({ samples }) => samples === 0);
  return isFragmented && fragments === 0 && isEmpty ? 'a fragmented movie without fragments' : null;
}
