/** Characters of one log line, before JSON escapes them. */
const MAX_LINE_CHARACTERS = 16 * 1024;
/** The most characters of a number, a bracket or a short word. */
const SMALL_VALUE_CHARACTERS = 24;

/** Counts the remaining characters of a log line, so that no client and no error can make a line large. */
export class LineSize {
  private remaining = MAX_LINE_CHARACTERS;

  get isFull(): boolean {
    return this.remaining <= 0;
  }

  /** Returns the text, or its beginning if it is longer than `maxCharacters` or than the rest of the line. */
  cut(text: string, maxCharacters: number): string {
    const kept = cutText(text, Math.min(maxCharacters, Math.max(0, this.remaining)));
    this.remaining -= kept.length;
    return kept;
  }

  countValue(): void {
    this.remaining -= SMALL_VALUE_CHARACTERS;
  }
}

/** Returns the text, or its beginning and its length if it is too long. */
export function cutText(text: string, maxCharacters: number): string {
  return text.length <= maxCharacters ? text : `${text.slice(0, maxCharacters)}… (${text.length} characters)`;
}
