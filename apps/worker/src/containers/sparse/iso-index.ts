import { readBoxHeader } from '../isobmff/iso-box.js';
import { UnusableIndexError, type RemoteSource } from './remote-source.js';

const WINDOW_BYTES = 64 * 1024;
/** Each box costs a request. Real files have fewer than ten. */
const MAX_BOXES = 32;
/** Three hours of video and audio have 8 MB. */
const MAX_MOVIE_BYTES = 32 * 1024 * 1024;
const MAX_SMALL_BOX_BYTES = 1024 * 1024;

/** Boxes that demuxers read as a whole. */
const SMALL_BOXES = new Set(['ftyp', 'uuid']);
/** Boxes of which demuxers read the beginning at most. */
const PADDING = new Set(['free', 'skip', 'wide']);

/** The bytes from `start` up to, and not including, `end`. */
export interface Extent {
  readonly start: number;
  readonly end: number;
}

export interface IsoIndex {
  /** The payload of the movie box. */
  readonly movie: Buffer;
  /** The payloads of the media data boxes, in order. */
  readonly media: readonly Extent[];
}

/**
 * Reads every byte outside the media data that a demuxer or the structure check looks at. Rejects with an
 * `UnusableIndexError` unless the file is a plain MP4 or MOV: known boxes up to the last byte, with one movie box.
 */
export async function readIsoIndex(file: RemoteSource): Promise<IsoIndex> {
  let movie: Buffer | null = null;
  const media: Extent[] = [];
  let position = 0;
  for (let boxes = 0; position < file.sizeBytes; boxes++) {
    if (boxes === MAX_BOXES) throw new UnusableIndexError('too many boxes');
    const box = await readBox(file, position);
    if (boxes === 0 && box.type !== 'ftyp') throw new UnusableIndexError('not an MP4 or MOV file');
    if (box.type === 'mdat') media.push({ start: box.start, end: box.end });
    else if (box.type === 'moov' && movie === null) movie = await readWhole(file, box, MAX_MOVIE_BYTES);
    else if (SMALL_BOXES.has(box.type)) await readWhole(file, box, MAX_SMALL_BOX_BYTES);
    else if (!PADDING.has(box.type)) throw new UnusableIndexError(`a box ${JSON.stringify(box.type)}`);
    position = box.end;
  }
  if (movie === null || media.length === 0) throw new UnusableIndexError('no movie box or no media data');
  return { movie, media };
}

interface FileBox extends Extent {
  readonly type: string;
}

async function readBox(file: RemoteSource, position: number): Promise<FileBox> {
  const header = readBoxHeader(await file.read(position, WINDOW_BYTES));
  // A box up to the end of the file, whatever the size of the file is, belongs to a recording that was not finished.
  if (header?.sizeBytes == null) throw new UnusableIndexError(`no box of known size at byte ${position}`);
  const end = position + header.sizeBytes;
  if (end > file.sizeBytes) throw new UnusableIndexError('a box that runs past the end');
  return { type: header.type, start: position + header.headerBytes, end };
}

function readWhole(file: RemoteSource, { type, start, end }: FileBox, maxBytes: number): Promise<Buffer> {
  if (end - start > maxBytes) throw new UnusableIndexError(`a box ${type} of ${end - start} bytes`);
  return file.read(start, end - start);
}
