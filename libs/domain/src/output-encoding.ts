/** The origin of an MP3: encoded, or copied frame by frame from a track that was already MP3. */
export const OUTPUT_ENCODINGS = ['encoded', 'copied'] as const;

export type OutputEncoding = (typeof OUTPUT_ENCODINGS)[number];
