export const USERNAME_LENGTH = { min: 3, max: 50 };

/** Letters, marks and digits of any script, and a few signs. */
export const USERNAME_PATTERN = /^[\p{L}\p{M}\p{N}._@+-]+$/u;

/** One form for names that look the same but are encoded in two ways. */
export function normalizeUsername(value: unknown): unknown {
  return typeof value === 'string' ? value.normalize('NFC') : value;
}
