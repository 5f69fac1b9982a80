import { STEPS_PER_YIELD, type Interruptible } from '../event-loop-share.js';
import type { Extent } from './iso-index.js';
import { UnusableIndexError } from './remote-source.js';

/** In all tracks of a file. Five hours in chunks of one frame of video have fewer; with more, ranges do not pay off. */
export const MAX_CHUNKS = 500_000;
const FIRST_CAPACITY = 1024;

/** Stretches of a file in ascending order that do not overlap, as numbers without an object each. */
export class ChunkList {
  count = 0;
  private numbers = new Float64Array(2 * FIRST_CAPACITY);

  start(index: number): number {
    return this.numbers[2 * index] ?? Infinity;
  }

  end(index: number): number {
    return this.numbers[2 * index + 1] ?? Infinity;
  }

  /** Throws an `UnusableIndexError` if the stretch does not follow the last one. An empty one is left out. */
  add(start: number, end: number): void {
    if (start === end) return;
    if (this.count > 0 && start < this.end(this.count - 1)) throw new UnusableIndexError('chunks that overlap');
    if (this.count === MAX_CHUNKS) throw new UnusableIndexError('too many chunks');
    if (2 * this.count === this.numbers.length) {
      const grown = new Float64Array(2 * this.numbers.length);
      grown.set(this.numbers);
      this.numbers = grown;
    }
    this.numbers[2 * this.count] = start;
    this.numbers[2 * this.count + 1] = end;
    this.count += 1;
  }
}

/** Merges the chunks of several tracks into the order of the file. Throws an `UnusableIndexError` if some overlap. */
export function* mergeChunks(lists: readonly ChunkList[]): Interruptible<ChunkList> {
  const merged = new ChunkList();
  const cursors = lists.map((list) => ({ list, next: 0 }));
  for (let step = 0; ; step++) {
    if (step % STEPS_PER_YIELD === 0) yield;
    const [first, ...others] = cursors;
    if (first === undefined) return merged;
    let nearest = first;
    for (const cursor of others) {
      if (startOf(cursor) < startOf(nearest)) nearest = cursor;
    }
    if (nearest.next >= nearest.list.count) return merged;
    merged.add(startOf(nearest), nearest.list.end(nearest.next));
    nearest.next += 1;
  }
}

function startOf({ list, next }: { list: ChunkList; next: number }): number {
  return next < list.count ? list.start(next) : Infinity;
}

/** Throws an `UnusableIndexError` unless each chunk is inside one of the extents, which are in order. */
export function* assertInside(chunks: ChunkList, extents: readonly Extent[]): Interruptible<void> {
  let current = 0;
  for (let index = 0; index < chunks.count; index++) {
    if (index % STEPS_PER_YIELD === 0) yield;
    while ((extents[current]?.end ?? Infinity) <= chunks.start(index)) current += 1;
    const extent = extents[current];
    if (extent === undefined || chunks.start(index) < extent.start || chunks.end(index) > extent.end) {
      throw new UnusableIndexError('a chunk outside the media data');
    }
  }
}
