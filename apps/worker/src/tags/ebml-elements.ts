import { readElementHeader } from '../containers/matroska/ebml-element.js';
import type { ByteSource } from '../containers/file-window.js';
import { decoded, MAX_RAW_TEXT_BYTES } from './tag-text.js';

const CLUSTER = 0x1f43b675;
const HEAD_BYTES = 16;

/** The position of an element's payload in a file. */
export interface PlacedElement {
  readonly id: number;
  readonly start: number;
  readonly end: number;
}

/** Yields the elements in a range of a file, up to the first malformed one or the first cluster of a live recording. */
export async function* elementsIn(
  file: ByteSource,
  { start, end }: Pick<PlacedElement, 'start' | 'end'>,
): AsyncGenerator<PlacedElement> {
  for (let position = start; position < end;) {
    const header = readElementHeader(await file.bytes(position, Math.min(HEAD_BYTES, end - position)));
    if (header === null || (header.sizeBytes === null && header.id === CLUSTER)) return;
    const from = position + header.headerBytes;
    const to = header.sizeBytes === null ? end : from + header.sizeBytes;
    if (to > end) return;
    yield { id: header.id, start: from, end: to };
    position = to;
  }
}

/** Reads the first bytes of a payload: a complete number, or enough to detect the type of a picture. */
export function headOf(file: ByteSource, { start, end }: PlacedElement): Promise<Buffer> {
  return file.bytes(start, Math.min(HEAD_BYTES, end - start));
}

export async function textOf(file: ByteSource, { start, end }: PlacedElement): Promise<string> {
  return decoded('utf-8', await file.bytes(start, Math.min(MAX_RAW_TEXT_BYTES, end - start)));
}

/** Reads a UID in hexadecimal, without leading zeros, because writers store it with different lengths. */
export async function uidOf(file: ByteSource, element: PlacedElement): Promise<string> {
  return (await headOf(file, element)).toString('hex').replace(/^(00)+/, '');
}
