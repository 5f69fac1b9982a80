/** One form for names that look the same but are encoded in two ways. */
export function normalizeUsername(value: unknown): unknown {
  return typeof value === 'string' ? value.normalize('NFC') : value;
}
