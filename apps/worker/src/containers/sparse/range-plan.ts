import { STEPS_PER_YIELD, type Interruptible } from '../event-loop-share.js';
import type { ChunkList } from './chunk-list.js';
import type { FileRange, SourceSpeed } from './remote-source.js';

/**
 * Chunks that are nearer to each other than this become one range. A gap costs its bytes, and a further request costs
 * a part of a round trip; more than 256 KiB is not worth it at any speed that was measured.
 */
const GAPS_BYTES = [64 * 1024, 128 * 1024, 256 * 1024];
/** The processor time that the store and this process need for one request. */
const REQUEST_CPU_MS = 1.2;
const REQUESTS_IN_FLIGHT = 32;
const MAX_REQUESTS = 20_000;
/** The plan has to be so much better than a full download, because it is an estimate. */
const WORTHWHILE_SHARE = 0.5;

export interface RangePlan {
  readonly gapBytes: number;
  readonly requests: number;
  readonly bytes: number;
}

/** Returns the quickest way to fetch some chunks of a file; null if that is no better than to fetch all of it. */
export function* planRanges(
  chunks: ChunkList,
  fileBytes: number,
  { roundTripMs, bytesPerSecond }: SourceSpeed,
): Interruptible<RangePlan | null> {
  const requestMs = Math.max(roundTripMs / REQUESTS_IN_FLIGHT, REQUEST_CPU_MS);
  const transferMs = (bytes: number): number => (bytes * 1000) / bytesPerSecond;
  let best: RangePlan | null = null;
  let bestMs = WORTHWHILE_SHARE * transferMs(fileBytes);
  for (const gapBytes of GAPS_BYTES) {
    const plan = yield* measure(chunks, gapBytes);
    const ms = plan.requests * requestMs + transferMs(plan.bytes);
    if (plan.requests > MAX_REQUESTS || ms > bestMs) continue;
    [best, bestMs] = [plan, ms];
  }
  return best;
}

/** Returns the ranges that contain the chunks. */
export function* rangesOf(chunks: ChunkList, gapBytes: number): Interruptible<FileRange[]> {
  const ranges: FileRange[] = [];
  for (let first = 0; first < chunks.count;) {
    const next = yield* endOfRange(chunks, first, gapBytes);
    ranges.push({ start: chunks.start(first), end: chunks.end(next - 1) - 1 });
    first = next;
  }
  return ranges;
}

function* measure(chunks: ChunkList, gapBytes: number): Interruptible<RangePlan> {
  let [requests, bytes] = [0, 0];
  for (let first = 0; first < chunks.count;) {
    const next = yield* endOfRange(chunks, first, gapBytes);
    bytes += chunks.end(next - 1) - chunks.start(first);
    requests += 1;
    first = next;
  }
  return { gapBytes, requests, bytes };
}

/** Returns the first chunk that is too far from the one before it. */
function* endOfRange(chunks: ChunkList, first: number, gapBytes: number): Interruptible<number> {
  let next = first + 1;
  for (; next < chunks.count; next++) {
    if (next % STEPS_PER_YIELD === 0) yield;
    if (chunks.start(next) - chunks.end(next - 1) > gapBytes) break;
  }
  return next;
}
