/** A stretch of a file. Both ends are inclusive, as in HTTP. */
export interface FileRange {
  readonly start: number;
  readonly end: number;
}

/** The measured speed of a store. */
export interface SourceSpeed {
  /** The time until a response begins. */
  readonly roundTripMs: number;
  readonly bytesPerSecond: number;
}

/** A source that is not on this machine yet. What is read of it gets into the local file. */
export interface RemoteSource {
  readonly sizeBytes: number;
  /** The bytes at a position: fewer only at the end of the source. */
  read(position: number, length: number): Promise<Buffer>;
  speed(): Promise<SourceSpeed>;
}

/** The index of a file cannot be relied on to locate all of its audio. */
export class UnusableIndexError extends Error {
  override readonly name = 'UnusableIndexError';
}
