/** Control characters, invisible ones that change the direction of text, line separators, unpaired surrogates. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu;

/** Returns a text of others that cannot move the cursor, change colors or start a new line. */
export function printable(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll(UNPRINTABLE, '');
}
