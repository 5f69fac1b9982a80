import { findBox } from './iso-box.js';

/** The version of a box whose times have 64 bits. */
const LONG_TIMES = 1;

/** Returns the length that the header of a `moov` payload states, in milliseconds; null if it states none. */
export function statedMovieMs(bytes: Buffer): number | null {
  const header = findBox(bytes, 'mvhd');
  if (header === null || header.end - header.start < 32) return null;
  const isLong = bytes.readUInt8(header.start) === LONG_TIMES;
  const timescaleAt = header.start + (isLong ? 20 : 12);
  const timescale = bytes.readUInt32BE(timescaleAt);
  // An unknown length has all its bits set: it is negative here.
  const units = isLong ? Number(bytes.readBigInt64BE(timescaleAt + 4)) : bytes.readInt32BE(timescaleAt + 4);
  return units > 0 && timescale > 0 ? (units * 1000) / timescale : null;
}
