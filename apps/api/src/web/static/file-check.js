import { sizeInWords } from './words.js';

/**
 * Tells at once what the service would refuse after an upload, which may take an hour. Like the service, it goes by
 * content and not by name; where it is in doubt it lets the file pass, for the service has the last word.
 */

/** The boxes that MP4 and QuickTime files begin with. */
const LEADING_BOXES = new Set(['ftyp', 'moov', 'mdat', 'wide', 'free', 'skip', 'pnot']);
/** What Matroska and WebM files begin with. */
const EBML_ID = 0x1a45dfa3;
const HEAD_BYTES = 12;

/**
 * @param {File} file
 * @param {number} maxBytes
 * @returns {Promise<string | null>} a sentence that says why the file cannot be taken, and what to do
 */
export async function whyNot(file, maxBytes) {
  if (file.size > maxBytes) {
    return `It is larger than the ${sizeInWords(maxBytes)} that this service takes. Cut it into parts.`;
  }
  const head = await file
    .slice(0, HEAD_BYTES)
    .arrayBuffer()
    .catch(() => null);
  if (head === null) return 'It cannot be read. Choose files, not folders, and check that it was not moved or renamed.';
  if (file.size === 0) return 'It is empty. Check that it was copied or downloaded to its end.';
  return isVideo(new DataView(head))
    ? null
    : 'It is not a video that can be read here. Choose an MP4, MOV, M4V, 3GP, MKV or WebM file.';
}

/** @param {DataView} head */
export function isVideo(head) {
  if (head.byteLength < HEAD_BYTES) return false;
  if (head.getUint32(0) === EBML_ID) return true;
  const box = String.fromCharCode(...[4, 5, 6, 7].map((position) => head.getUint8(position)));
  return LEADING_BOXES.has(box);
}
