/** The accepted containers, detected from the content. */
export type ContainerFormat = 'mp4' | 'm4v' | 'm4a' | 'mov' | '3gp' | 'matroska' | 'webm';

/** The most bytes that are needed to detect the container. */
export const HEAD_BYTES = 4096;

/** Brands of ISO base media files that contain images, not video: HEIF, AVIF, JPEG 2000, Canon raw. */
const STILL_IMAGE_BRANDS = new Set(
  (
    'mif1,mif2,mif3,msf1,miaf,MiHB,MiHE,MiHA,MiPr,heic,heix,heim,heis,hevc,hevx,hevm,hevs,' +
    'avif,avis,avio,avci,avcs,vvic,vvis,evbi,evmi,jpeg,jpgs,jp2 ,jpx ,jpm ,jxl ,crx '
  ).split(','),
);

/** The first boxes of QuickTime files that predate the `ftyp` box. */
const OLD_QUICKTIME_BOXES = new Set(['moov', 'mdat', 'wide', 'free', 'skip', 'pnot']);
/** A larger leading box is more likely to be four letters of text. `mdat` can have any size. */
const MAX_LEADING_BOX_BYTES = 2 ** 28;

const EBML_ID = 0x1a45dfa3;
const EBML_DOCTYPE_ID = 0x4282;

/**
 * Returns the container that the head of a file belongs to, null if it is not supported, or `undecided` if more bytes
 * are needed. With `isWhole`, the head is the whole file.
 */
export function containerFormat(head: Buffer, isWhole: boolean): ContainerFormat | 'undecided' | null {
  const format = head.length < 12 ? 'undecided' : head.readUInt32BE(0) === EBML_ID ? ebmlFormat(head) : isoFormat(head);
  return format === 'undecided' && (isWhole || head.length >= HEAD_BYTES) ? null : format;
}

function isoFormat(head: Buffer): ContainerFormat | null {
  const size = head.readUInt32BE(0);
  const type = head.toString('latin1', 4, 8);
  if (type === 'ftyp') return brandFormat(head.toString('latin1', 8, 12));
  if (!OLD_QUICKTIME_BOXES.has(type)) return null;
  const hasBoxSize = size === 1 || (size === 0 && type === 'mdat') || size >= 8;
  return hasBoxSize && (type === 'mdat' || size < MAX_LEADING_BOX_BYTES) ? 'mov' : null;
}

function brandFormat(brand: string): ContainerFormat | null {
  if (STILL_IMAGE_BRANDS.has(brand)) return null;
  if (brand === 'qt  ') return 'mov';
  if (/^3g[2-9a-z]/i.test(brand)) return '3gp';
  if (/^m4v/i.test(brand)) return 'm4v';
  if (/^(m4a|m4b|m4p) /i.test(brand)) return 'm4a';
  return 'mp4';
}

/** Walks the elements of the EBML header up to its document type. */
function ebmlFormat(head: Buffer): ContainerFormat | 'undecided' | null {
  const header = readVint(head, 4);
  if (header === 'undecided' || header === null) return header;
  const end = Math.min(header.next + header.value, HEAD_BYTES);
  let position = header.next;
  while (position < end) {
    const id = readVint(head, position, true);
    if (id === 'undecided' || id === null) return id;
    const size = readVint(head, id.next);
    if (size === 'undecided' || size === null) return size;
    const next = size.next + size.value;
    if (id.value === EBML_DOCTYPE_ID) {
      if (next > head.length) return 'undecided';
      return docTypeFormat(head.toString('latin1', size.next, next));
    }
    position = next;
  }
  return null;
}

function docTypeFormat(docType: string): ContainerFormat | null {
  const name = docType.replace(/\0+$/, '');
  return name === 'matroska' || name === 'webm' ? name : null;
}

interface Vint {
  readonly value: number;
  readonly next: number;
}

/** Reads an EBML variable-length integer. The leading zero bits of the first byte give the number of further bytes. */
function readVint(head: Buffer, position: number, keepMarker = false): Vint | 'undecided' | null {
  const first = head[position];
  if (first === undefined) return 'undecided';
  const length = Math.clz32(first) - 23;
  if (length > 8) return null;
  if (position + length > head.length) return 'undecided';
  let value = keepMarker ? first : first & (0xff >> length);
  for (let i = 1; i < length; i++) value = value * 256 + (head[position + i] ?? 0);
  return { value, next: position + length };
}
