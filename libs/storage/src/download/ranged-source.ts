import type { Readable } from 'node:stream';
import type { ByteRange } from '../object-storage.js';

/** One version of a stored object, which is read in ranges. */
export interface RangedSource {
  readonly sizeBytes: number;
  /** The beginning of the object, at most one part. It is read first. */
  readonly head: ByteRange;
  /** The time until a response begins, in the best case so far. */
  readonly roundTripMs: number;
  /** The throughput of earlier full downloads; null before the first one. */
  readonly bytesPerSecond: number | null;
  /** Opens exactly this range. Rejects if the object has changed. */
  open(range: ByteRange, signal: AbortSignal): Promise<Readable>;
  /** Repeats a step while its errors are transient. Rejects with a `DomainError`, or with the reason of the signal. */
  retry(step: () => Promise<void>, signal: AbortSignal): Promise<void>;
  /** Called after a full download that was long enough to be measured. */
  onMeasured(bytesPerSecond: number): void;
}
