import { childBoxes, findBox, type Box } from './iso-box.js';

const SIZE_MASK = 0x7fffffff;

/**
 * Returns the position up to which a `sidx` payload lists the segments of its file.
 * @param anchor the position after the box, from which it counts
 */
export function segmentIndexEnd(payload: Buffer, anchor: number): number {
  const isLong = payload.readUInt8(0) !== 0;
  const counts = isLong ? 28 : 20;
  let end = anchor + (isLong ? Number(payload.readBigUInt64BE(20)) : payload.readUInt32BE(16));
  const references = payload.readUInt16BE(counts + 2);
  for (let index = 0; index < references; index++) {
    end += payload.readUInt32BE(counts + 4 + 12 * index) & SIZE_MASK;
  }
  return end;
}

/** The times of the first and the last fragment of a track, in units of the track. */
export interface ListedTimes {
  readonly trackId: number;
  readonly first: number;
  readonly last: number;
}

/** Reads the fragments that a `mfra` payload lists for each track. */
export function listedTimes(payload: Buffer): ListedTimes[] {
  return childBoxes(payload)
    .filter(({ type, start, end }) => type === 'tfra' && end - start >= 16)
    .flatMap((box) => trackTimes(payload, box) ?? []);
}

function trackTimes(payload: Buffer, { start, end }: Box): ListedTimes | null {
  const isLong = payload.readUInt8(start) === 1;
  const lengths = payload.readUInt32BE(start + 8);
  const numberBytes = 3 + ((lengths >> 4) & 3) + ((lengths >> 2) & 3) + (lengths & 3);
  const entryBytes = (isLong ? 16 : 8) + numberBytes;
  const entries = payload.readUInt32BE(start + 12);
  if (entries === 0 || start + 16 + entries * entryBytes > end) return null;
  const timeAt = (index: number): number => {
    const at = start + 16 + index * entryBytes;
    return isLong ? Number(payload.readBigUInt64BE(at)) : payload.readUInt32BE(at);
  };
  return { trackId: payload.readUInt32BE(start + 4), first: timeAt(0), last: timeAt(entries - 1) };
}

/** Returns the duration of all fragments that a `moov` payload states, in units of the movie; 0 if it states none. */
export function statedFragmentUnits(movie: Buffer): number {
  const box = findBox(movie, 'mvex/mehd');
  if (box === null) return 0;
  return movie.readUInt8(box.start) === 1
    ? Number(movie.readBigUInt64BE(box.start + 4))
    : movie.readUInt32BE(box.start + 4);
}
