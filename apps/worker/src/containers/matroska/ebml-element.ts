const MAX_ID_BYTES = 4;
const MAX_SIZE_BYTES = 8;
const MAX_NUMBER_BYTES = 8;
/** A list of millions of empty elements would stop the event loop and fill the memory. */
const MAX_CHILDREN = 10_000;

export interface ElementHeader {
  readonly id: number;
  readonly headerBytes: number;
  /** Of the payload; null = unknown, as live recordings have it. */
  readonly sizeBytes: number | null;
}

export interface Element {
  readonly id: number;
  readonly payload: Buffer;
}

/** Reads an element's id and size; null where none begins. */
export function readElementHeader(bytes: Buffer, offset = 0): ElementHeader | null {
  const idBytes = vintLength(bytes, offset);
  if (idBytes === null || idBytes > MAX_ID_BYTES) return null;
  const size = readVint(bytes, offset + idBytes);
  if (size === null) return null;
  return { id: bytes.readUIntBE(offset, idBytes), headerBytes: idBytes + size.length, sizeBytes: size.value };
}

/** A number with its length in its leading zeros; value null when all its bits are set ("unknown"). */
export function readVint(bytes: Buffer, offset: number): { value: number | null; length: number } | null {
  const length = vintLength(bytes, offset);
  if (length === null) return null;
  let value = bytes.readUInt8(offset) & (0xff >> length);
  for (let index = 1; index < length; index++) value = value * 256 + bytes.readUInt8(offset + index);
  return { value: value === largestVint(length) ? null : value, length };
}

/** The number at the beginning of a block. Not a size: all bits set are a number too, and ffmpeg writes 127 so. */
export function readTrackNumber(bytes: Buffer, offset: number): { value: number; length: number } | null {
  const vint = readVint(bytes, offset);
  return vint === null ? null : { value: vint.value ?? largestVint(vint.length), length: vint.length };
}

/** The elements inside a payload, as far as they are well formed. Throws a `RangeError` for more than any writer makes. */
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

/** Some writers give every number its full eight bytes. */
export function unsigned(payload: Buffer): number {
  let value = 0;
  for (const byte of payload.subarray(0, MAX_NUMBER_BYTES)) value = value * 256 + byte;
  return value;
}

export function signed(payload: Buffer): number {
  const bytes = payload.subarray(0, MAX_NUMBER_BYTES);
  return Number(BigInt.asIntN(8 * bytes.length, BigInt(`0x0${bytes.toString('hex')}`)));
}

function vintLength(bytes: Buffer, offset: number): number | null {
  if (offset >= bytes.length) return null;
  const length = Math.clz32(bytes.readUInt8(offset)) - 23;
  return length > MAX_SIZE_BYTES || offset + length > bytes.length ? null : length;
}

/** All bits set. */
function largestVint(length: number): number {
  return 2 ** (7 * length) - 1;
}
