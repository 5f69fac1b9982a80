export const MAX_TEXT_BYTES = 1024;

/** More of a value than that is never read: all that is kept fits, in any encoding. */
export const MAX_RAW_TEXT_BYTES = 4 * MAX_TEXT_BYTES;

/** NUL, line ends and the like: a tag is one line. */
const CONTROLS = /[\p{Cc}\u2028\u2029]+/gu;

/**
 * Marks that turn the reading direction around until another one ends it: in a list of songs they turn what stands
 * beside the title, and hide the end of a file's name. Hebrew and Arabic read right without them; the marks that
 * work on one place only (U+200E, U+200F, U+061C) stay. And the byte order mark, which is not text.
 */
const OVERRIDES = /[\u202a-\u202e\u2066-\u2069\ufeff]/gu;

/** One line of text without control characters, of at most `MAX_TEXT_BYTES` in UTF-8, cut between two characters. */
export function cleanText(text: string): string {
  const line = text.replace(CONTROLS, ' ').replace(OVERRIDES, '').trim();
  return decoded('utf-8', Buffer.from(line).subarray(0, MAX_TEXT_BYTES)).trim();
}

/** Text of an unknown encoding: UTF-16 where a byte order mark says so, else UTF-8. */
export function decodeMarked(bytes: Buffer): string {
  const mark = bytes.length < 2 ? 0 : bytes.readUInt16BE(0);
  if (mark === 0xfeff) return decoded('utf-16be', bytes);
  return decoded(mark === 0xfffe ? 'utf-16le' : 'utf-8', bytes);
}

/** A replacement character stands for every wrong byte; half a character at the end is left out. */
export function decoded(encoding: 'utf-8' | 'utf-16be' | 'utf-16le' | 'macintosh', bytes: Buffer): string {
  return new TextDecoder(encoding).decode(bytes, { stream: true });
}
