/** How an MP3 came about: encoded anew, or copied frame by frame from a track that was MP3 already. */
export const OUTPUT_ENCODINGS = ['encoded', 'copied'] as const;

export type OutputEncoding = (typeof OUTPUT_ENCODINGS)[number];
