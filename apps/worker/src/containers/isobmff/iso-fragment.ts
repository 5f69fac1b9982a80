import { childBoxes, findBox, type Box } from './iso-box.js';
import type { IsoTrack } from './iso-movie.js';

const BASE_OFFSET = 0x01;
const DESCRIPTION_INDEX = 0x02;
const DEFAULT_DURATION = 0x08;
const DEFAULT_SIZE = 0x10;
const DATA_OFFSET = 0x01;
const FIRST_SAMPLE_FLAGS = 0x04;
const PER_SAMPLE_FIELDS = [0x100, 0x200, 0x400, 0x800];
const SAMPLE_DURATION = 0x100;
const SAMPLE_SIZE = 0x200;

interface Fragment {
  /** Of the `moof` box in the file. */
  readonly position: number;
  readonly fileBytes: number;
  readonly tracks: readonly IsoTrack[];
}

/** Checks the runs of samples of a `moof` payload; returns why the file cannot be whole. */
export function readFragment(bytes: Buffer, fragment: Fragment): string | null {
  let end: number | null = fragment.position;
  for (const box of childBoxes(bytes).filter(({ type }) => type === 'traf')) {
    end = readTrackFragment(bytes, box, fragment, end);
    if (end === null) return `damaged sample run in the fragment at byte ${fragment.position}`;
    if (end > fragment.fileBytes) return `samples of the fragment at byte ${fragment.position} end past the file`;
  }
  return null;
}

/** Where the samples end; null when the run does not fit its own box. */
function readTrackFragment(bytes: Buffer, box: Box, fragment: Fragment, previousEnd: number): number | null {
  const header = findBox(bytes, 'tfhd', box);
  if (header === null || header.end - header.start < 8) return null;
  const flags = bytes.readUIntBE(header.start + 1, 3);
  let at = header.start + 8;
  const base = (flags & BASE_OFFSET) === 0 ? fragment.position : Number(bytes.readBigUInt64BE(at));
  if ((flags & BASE_OFFSET) !== 0) at += 8;
  if ((flags & DESCRIPTION_INDEX) !== 0) at += 4;
  if ((flags & DEFAULT_DURATION) !== 0) at += 4;
  const track = fragment.tracks.find(({ id }) => id === bytes.readUInt32BE(header.start + 4));
  const defaultSize = (flags & DEFAULT_SIZE) === 0 ? (track?.defaultSampleBytes ?? 0) : bytes.readUInt32BE(at);
  let end: number | null = previousEnd;
  for (const run of childBoxes(bytes, box.start, box.end).filter(({ type }) => type === 'trun')) {
    end = readRun(bytes, run, { base, defaultSize, end });
    if (end === null) return null;
  }
  return end;
}

function readRun(bytes: Buffer, box: Box, from: { base: number; defaultSize: number; end: number }): number | null {
  if (box.end - box.start < 8) return null;
  const flags = bytes.readUIntBE(box.start + 1, 3);
  const count = bytes.readUInt32BE(box.start + 4);
  const width = 4 * PER_SAMPLE_FIELDS.filter((field) => (flags & field) !== 0).length;
  const hasOffset = (flags & DATA_OFFSET) !== 0;
  const first = box.start + 8 + (hasOffset ? 4 : 0) + ((flags & FIRST_SAMPLE_FLAGS) === 0 ? 0 : 4);
  if (first + count * width !== box.end) return null;
  let end = hasOffset ? from.base + bytes.readInt32BE(box.start + 8) : from.end;
  if ((flags & SAMPLE_SIZE) === 0) return end + count * from.defaultSize;
  const sizeAt = first + ((flags & SAMPLE_DURATION) === 0 ? 0 : 4);
  for (let index = 0; index < count; index++) end += bytes.readUInt32BE(sizeAt + index * width);
  return end;
}
