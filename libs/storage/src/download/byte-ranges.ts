import type { ByteRange } from '../object-storage.js';

/** One request reads at most this much, so that a broken connection costs little. */
export const PART_BYTES = 8 * 1024 * 1024;

/** Divides ranges into parts of one request each. */
export function* partsOf(ranges: Iterable<ByteRange>): Generator<ByteRange> {
  for (const range of ranges) {
    for (let { start } = range; start <= range.end; start += PART_BYTES) {
      yield { start, end: Math.min(range.end, start + PART_BYTES - 1) };
    }
  }
}

/** Returns the rest of a range without others. */
export function withoutRanges(range: ByteRange, others: readonly ByteRange[]): ByteRange[] {
  let left = [range];
  for (const other of others) left = left.flatMap((part) => withoutRange(part, other));
  return left;
}

function withoutRange(range: ByteRange, other: ByteRange): ByteRange[] {
  if (other.end < range.start || other.start > range.end) return [range];
  const parts = [
    { start: range.start, end: other.start - 1 },
    { start: other.end + 1, end: range.end },
  ];
  return parts.filter(({ start, end }) => start <= end);
}

/** Throws unless the ranges lie inside the object, in order and apart from each other. */
export function assertRanges(ranges: readonly ByteRange[], sizeBytes: number): void {
  let next = 0;
  for (const { start, end } of ranges) {
    const isValid = Number.isSafeInteger(start) && Number.isSafeInteger(end);
    if (!isValid || start < next || end < start || end >= sizeBytes) {
      throw new RangeError(`The range ${start}-${end} of an object of ${sizeBytes} bytes cannot be fetched`);
    }
    next = end + 1;
  }
}
