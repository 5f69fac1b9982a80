const MAX_ID_BYTES = 4;
const MAX_SIZE_BYTES = 8;
const MAX_NUMBER_BYTES = 8;
/** A list of millions of empty elements would block the event loop and fill the memory. */
const MAX_CHILDREN = 10_000;

export interface ElementHeader {
  readonly id: number;
  readonly headerBytes: number;
  /** The size of the payload; null if it is unknown, as in live recordings. */
  readonly sizeBytes: number | null;
}

export interface Element {
  readonly id: number;
  readonly payload: Buffer;
}

/** Reads an element's id and size; null if the bytes are not an element. */
export function readElementHeader(bytes: Buffer, offset = 0): ElementHeader | null {
  const idBytes = vintLength(bytes, offset);
  if (idBytes === null || idBytes > MAX_ID_BYTES) return null;
  const size = readVint(bytes, offset + idBytes);
  if (size === null) return null;
  return { id: bytes.readUIntBE(offset, idBytes), headerBytes: idBytes + size.length, sizeBytes: size.value };
}

/** Reads a number whose leading zeros state its length. The value is null if all its bits are set ("unknown"). */
export function readVint(bytes: Buffer, offset: number): { value: number | null; length: number } | null {
  const length = vintLength(bytes, offset);
  if (length === null) return null;
  let value = bytes.readUInt8(offset) & (0xff >> length);
  for (let index = 1; index < length; index++) value = value * 256 + bytes.readUInt8(offset + index);
  return { value: value === largestVint(length) ? null : value, length };
}

/** Reads the track number of a block. If all bits are set, it is a number like any other: ffmpeg writes 127 so. */
export function readTrackNumber(bytes: Buffer, offset: number): { value: number; length: number } | null {
  const vint = readVint(bytes, offset);
  return vint === null ? null : { value: vint.value ?? largestVint(vint.length), length: vint.length };
}

/** Returns the elements inside a payload, up to the first malformed one. Throws a `RangeError` for more than any writer creates. */
export function childElements(payload: Buffer): Element[] {
  const elements: Element[] = [];
  for (let offset = 0; offset < payload.length;) {
    const header = readElementHeader(payload.subarray(offset, offset + MAX_ID_BYTES + MAX_SIZE_BYTES));
    if (header === null) break;
    const start = offset + header.headerBytes;
    const end = start + (header.sizeBytes ?? payload.length - start);
    if (end > payload.length) break;
    if (elements.length === MAX_CHILDREN) throw new RangeError('too many elements in an element');
    elements.push({ id: header.id, payload: payload.subarray(start, end) });
    offset = end;
  }
  return elements;
}

/** Reads a number. Some writers use eight bytes for each. */
export function unsigned(payload: Buffer): number {
  let value = 0;
  for (const byte of payload.subarray(0, MAX_NUMBER_BYTES)) value = value * 256 + byte;
  return value;
}

export function signed(payload: Buffer): number {
  const bytes = payload.subarray(0, MAX_NUMBER_BYTES);
  return Number(BigInt.asIntN(8 * bytes.length, BigInt(`0x0${bytes.toString('hex')}`)));
}

/** Returns 0 if the payload is not a floating-point number. */
export function float(payload: Buffer): number {
  if (payload.length === 8) return payload.readDoubleBE();
  return payload.length === 4 ? payload.readFloatBE() : 0;
}

function vintLength(bytes: Buffer, offset: number): number | null {
  if (offset >= bytes.length) return null;
  const length = Math.clz32(bytes.readUInt8(offset)) - 23;
  return length > MAX_SIZE_BYTES || offset + length > bytes.length ? null : length;
}

/** Returns the number of a length whose bits are all set. */
function largestVint(length: number): number {
  return 2 ** (7 * length) - 1;
}
