import { readElementHeader } from '../containers/matroska/ebml-element.js';
import type { ByteSource } from '../containers/file-window.js';
import { decoded, MAX_RAW_TEXT_BYTES } from './tag-text.js';

const CLUSTER = 0x1f43b675;
const HEAD_BYTES = 16;

/** An element in a file: where its payload lies. */
export interface PlacedElement {
  readonly id: number;
  readonly start: number;
  readonly end: number;
}

/** The elements of a stretch of a file, as far as they are well formed; to a live recording's first cluster. */
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

/** The beginning of a payload: all of a number, enough to know a picture by. */
export function headOf(file: ByteSource, { start, end }: PlacedElement): Promise<Buffer> {
  return file.bytes(start, Math.min(HEAD_BYTES, end - start));
}

export async function textOf(file: ByteSource, { start, end }: PlacedElement): Promise<string> {
  return decoded('utf-8', await file.bytes(start, Math.min(MAX_RAW_TEXT_BYTES, end - start)));
}

/** Without zeros in front: such numbers have 64 bits. */
export async function uidOf(file: ByteSource, element: PlacedElement): Promise<string> {
  return (await headOf(file, element)).toString('hex').replace(/^(00)+/, '');
}
