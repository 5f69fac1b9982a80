import { findBox, type Box } from './iso-box.js';

const UNKNOWN_DURATION = 0xffffffff;

/** A part of a track that players play. */
export interface Edit {
  /** The duration in units of the movie; 0 means to the end of the track. */
  readonly duration: number;
  /** The start in units of the track. */
  readonly mediaTime: number;
  readonly rate: number;
}

/** Reads the first edits of a track, without a leading empty edit, which only makes the track start late. */
export function readEdits(bytes: Buffer, track: Box, maxEdits: number): Edit[] {
  const list = findBox(bytes, 'edts/elst', track);
  if (list === null) return [];
  const isLong = bytes.readUInt8(list.start) === 1;
  const width = isLong ? 20 : 12;
  const count = bytes.readUInt32BE(list.start + 4);
  if (list.start + 8 + count * width > list.end) throw new RangeError('an edit list longer than its box');
  const edits = Array.from({ length: Math.min(count, maxEdits) }, (_, index) =>
    readEdit(bytes, list.start + 8 + index * width, isLong),
  );
  return edits[0]?.mediaTime === -1 ? edits.slice(1) : edits;
}

function readEdit(bytes: Buffer, at: number, isLong: boolean): Edit {
  const duration = isLong ? Number(bytes.readBigUInt64BE(at)) : bytes.readUInt32BE(at);
  const mediaTime = isLong ? Number(bytes.readBigInt64BE(at + 8)) : bytes.readInt32BE(at + 4);
  const rate = bytes.readInt32BE(at + (isLong ? 16 : 8));
  return { duration: duration === UNKNOWN_DURATION ? 0 : duration, mediaTime, rate };
}

/** Returns the units per second of a track's media; 0 if it has no header. */
export function mediaTimescale(bytes: Buffer, track: Box): number {
  const header = findBox(bytes, 'mdia/mdhd', track);
  return header === null ? 0 : bytes.readUInt32BE(header.start + (bytes.readUInt8(header.start) === 1 ? 20 : 12));
}
