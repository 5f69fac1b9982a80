import { readBoxHeader, type Box } from '../isobmff/iso-box.js';
import { UnusableIndexError } from './remote-source.js';

/** The known boxes inside a box. Demuxers read tables wherever they find them, so no other box is accepted. */
export interface KnownBoxes {
  readonly once: ReadonlySet<string>;
  readonly repeated: ReadonlySet<string>;
}

const MAX_BOXES = 1000;

/** Returns the boxes inside a box. Throws an `UnusableIndexError` unless they fill it exactly and are all known. */
export function strictBoxes(bytes: Buffer, { start, end }: Box, known: KnownBoxes): Box[] {
  const boxes: Box[] = [];
  const within = bytes.subarray(0, end);
  const seen = new Set<string>();
  for (let offset = start; offset < end;) {
    const header = readBoxHeader(within, offset);
    if (header?.sizeBytes == null || offset + header.sizeBytes > end) throw new UnusableIndexError('a torn box');
    const { type } = header;
    const isKnown = known.repeated.has(type) || (known.once.has(type) && !seen.has(type));
    if (!isKnown) throw new UnusableIndexError(`an unknown or repeated box ${JSON.stringify(type)}`);
    if (boxes.length === MAX_BOXES) throw new UnusableIndexError('too many boxes in a box');
    seen.add(type);
    boxes.push({ type, start: offset + header.headerBytes, end: offset + header.sizeBytes });
    offset += header.sizeBytes;
  }
  return boxes;
}

/** Returns the only box of a type. Throws an `UnusableIndexError` without one. */
export function requiredBox(boxes: readonly Box[], type: string): Box {
  const box = boxes.find((candidate) => candidate.type === type);
  if (box === undefined) throw new UnusableIndexError(`no box ${type}`);
  return box;
}
