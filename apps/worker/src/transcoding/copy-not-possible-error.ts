/** Says in the log why an MP3 track cannot be copied. It can still be encoded. */
export class CopyNotPossibleError extends Error {
  override readonly name = 'CopyNotPossibleError';
}
