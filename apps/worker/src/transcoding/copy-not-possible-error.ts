/** Why an MP3 track is not copied: it may still be encoded anew. For the log. */
export class CopyNotPossibleError extends Error {
  override readonly name = 'CopyNotPossibleError';
}
