/** Control characters, invisible ones that turn the direction of text, line separators, halves of broken pairs. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu;

/** A file's name or a service's words, unable to move the cursor, to colour the screen or to begin a new line. */
export function printable(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll(UNPRINTABLE, '');
}
