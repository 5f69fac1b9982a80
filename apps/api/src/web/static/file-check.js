import { formatSize } from '../client/index.js';

/**
 * Finds early what the service would reject after an upload, which can take an hour. Like the service, it detects the
 * format from the content. It accepts a file in doubt, because the service decides.
 */

/** The boxes at the start of MP4 and QuickTime files. */
const LEADING_BOXES = new Set(['ftyp', 'moov', 'mdat', 'wide', 'free', 'skip', 'pnot']);
/** The first bytes of Matroska and WebM files. */
const EBML_ID = 0x1a45dfa3;
const HEAD_BYTES = 12;

/**
 * Returns a sentence that says why a file cannot be accepted and what to do; null if it can.
 * @param {File} file
 * @param {number} maxBytes
 * @returns {Promise<string | null>}
 */
export async function fileProblem(file, maxBytes) {
  if (file.size > maxBytes) {
    return `The file is larger than ${formatSize(maxBytes)}, the limit of this service. Cut it into parts.`;
  }
  const head = await file
    .slice(0, HEAD_BYTES)
    .arrayBuffer()
    .catch(() => null);
  if (head === null)
    return 'The file cannot be read. Choose files, not folders, and check that it was not moved or renamed.';
  if (file.size === 0) return 'The file is empty. Copy or download it again.';
  return isVideo(new DataView(head))
    ? null
    : 'The file is not a supported video. Choose an MP4, MOV, M4V, 3GP, MKV or WebM file.';
}

/** @param {DataView} head */
export function isVideo(head) {
  if (head.byteLength < HEAD_BYTES) return false;
  if (head.getUint32(0) === EBML_ID) return true;
  const box = String.fromCharCode(...[4, 5, 6, 7].map((position) => head.getUint8(position)));
  return LEADING_BOXES.has(box);
}
