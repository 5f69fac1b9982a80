export interface Box {
  readonly type: string;
  /** The start of the payload, in the bytes that were searched. */
  readonly start: number;
  readonly end: number;
}

const HEADER_BYTES = 8;
const LARGE_HEADER_BYTES = 16;
/** A list of millions of empty boxes would block the event loop and fill the memory. */
const MAX_CHILDREN = 10_000;

export interface BoxHeader {
  readonly type: string;
  readonly headerBytes: number;
  /** The size of the whole box; null if it extends to the end of the file. */
  readonly sizeBytes: number | null;
}

/** Reads a box header; null if too few bytes are left, or the stated size is smaller than the header. */
export function readBoxHeader(bytes: Buffer, offset = 0): BoxHeader | null {
  if (bytes.length - offset < HEADER_BYTES) return null;
  const size = bytes.readUInt32BE(offset);
  const type = bytes.toString('latin1', offset + 4, offset + HEADER_BYTES);
  if (size === 0) return { type, headerBytes: HEADER_BYTES, sizeBytes: null };
  if (size !== 1) return size < HEADER_BYTES ? null : { type, headerBytes: HEADER_BYTES, sizeBytes: size };
  if (bytes.length - offset < LARGE_HEADER_BYTES) return null;
  const large = bytes.readBigUInt64BE(offset + HEADER_BYTES);
  // A size that a double cannot represent exactly is larger than any file.
  return large < LARGE_HEADER_BYTES ? null : { type, headerBytes: LARGE_HEADER_BYTES, sizeBytes: Number(large) };
}

/** Returns the boxes inside a payload, up to the first malformed one. Throws a `RangeError` for more than any writer creates. */
export function childBoxes(bytes: Buffer, start = 0, end = bytes.length): Box[] {
  const boxes: Box[] = [];
  const within = bytes.subarray(0, end);
  for (let offset = start; offset < end;) {
    const header = readBoxHeader(within, offset);
    if (header === null) break;
    const next = offset + (header.sizeBytes ?? end - offset);
    if (next > end) break;
    if (boxes.length === MAX_CHILDREN) throw new RangeError('too many boxes in a box');
    boxes.push({ type: header.type, start: offset + header.headerBytes, end: next });
    offset = next;
  }
  return boxes;
}

/** Returns the payload of the first box on a path such as `mdia/minf/stbl`. */
export function findBox(
  bytes: Buffer,
  path: string,
  within: Box = { type: '', start: 0, end: bytes.length },
): Box | null {
  let box: Box | null = within;
  for (const type of path.split('/')) {
    if (box === null) return null;
    box = childBoxes(bytes, box.start, box.end).find((child) => child.type === type) ?? null;
  }
  return box;
}
