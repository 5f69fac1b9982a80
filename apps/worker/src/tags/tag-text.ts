export const MAX_TEXT_BYTES = 1024;

/** Limits the bytes that are read of a value: enough for `MAX_TEXT_BYTES` in any encoding. */
export const MAX_RAW_TEXT_BYTES = 4 * MAX_TEXT_BYTES;

/** NUL, line breaks and other control characters: a tag is one line. */
const CONTROLS = /[\p{Cc}\u2028\u2029]+/gu;

/**
 * Marks that change the reading direction until another mark ends them, and the byte order mark, which is not text. In a
 * list of songs, such marks also turn the text beside the title, and they can hide the extension of a file name. Hebrew
 * and Arabic do not need them. The marks that affect only one place (U+200E, U+200F, U+061C) are kept.
 */
const OVERRIDES = /[\u202a-\u202e\u2066-\u2069\ufeff]/gu;

/** Returns one line of text without control characters, cut between two characters to at most `MAX_TEXT_BYTES` of UTF-8. */
export function cleanText(text: string): string {
  const line = text.replace(CONTROLS, ' ').replace(OVERRIDES, '').trim();
  return decoded('utf-8', Buffer.from(line).subarray(0, MAX_TEXT_BYTES)).trim();
}

/** Decodes text of an unknown encoding: UTF-16 if it has a byte order mark, else UTF-8. */
export function decodeMarked(bytes: Buffer): string {
  const mark = bytes.length < 2 ? 0 : bytes.readUInt16BE(0);
  if (mark === 0xfeff) return decoded('utf-16be', bytes);
  return decoded(mark === 0xfffe ? 'utf-16le' : 'utf-8', bytes);
}

/** Decodes text. Invalid bytes become replacement characters; an incomplete character at the end is dropped. */
export function decoded(encoding: 'utf-8' | 'utf-16be' | 'utf-16le' | 'macintosh', bytes: Buffer): string {
  return new TextDecoder(encoding).decode(bytes, { stream: true });
}
