export const MAX_COVER_BYTES = 2 * 1024 * 1024;

const COVER_HEAD_BYTES = 16;
const PNG_HEAD = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');
const JPEG_HEAD = Buffer.from('ffd8ff', 'hex');

/** A picture. It is copied and never decoded. */
export interface Cover {
  readonly mimeType: 'image/jpeg' | 'image/png';
  readonly bytes: Buffer;
}

/** The position of a picture in a file. */
export interface CoverPlace {
  readonly start: number;
  readonly end: number;
}

/** Detects the type of a picture from its content; null unless it is a JPEG or a PNG. */
export function coverType(bytes: Buffer): Cover['mimeType'] | null {
  const head = bytes.subarray(0, COVER_HEAD_BYTES);
  if (head.equals(PNG_HEAD)) return 'image/png';
  return head.subarray(0, JPEG_HEAD.length).equals(JPEG_HEAD) ? 'image/jpeg' : null;
}
