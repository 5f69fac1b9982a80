export const MAX_COVER_BYTES = 2 * 1024 * 1024;

const COVER_HEAD_BYTES = 16;
const PNG_HEAD = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');
const JPEG_HEAD = Buffer.from('ffd8ff', 'hex');

/** A picture as it is: never decoded. */
export interface Cover {
  readonly mimeType: 'image/jpeg' | 'image/png';
  readonly bytes: Buffer;
}

/** Where a picture may lie in a file. */
export interface CoverPlace {
  readonly start: number;
  readonly end: number;
}

/** What a picture is by its own bytes, whatever its container calls it; null for anything but a JPEG or a PNG. */
export function coverType(bytes: Buffer): Cover['mimeType'] | null {
  const head = bytes.subarray(0, COVER_HEAD_BYTES);
  if (head.equals(PNG_HEAD)) return 'image/png';
  return head.subarray(0, JPEG_HEAD.length).equals(JPEG_HEAD) ? 'image/jpeg' : null;
}
