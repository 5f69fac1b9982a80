import type { PartBytes } from './part-hasher.js';

/** Collects the bytes of one part. */
export class PartBuffer {
  private filledBytes = 0;

  constructor(readonly memory: PartBytes) {}

  get roomBytes(): number {
    return this.memory.length - this.filledBytes;
  }

  get bytes(): PartBytes {
    return this.memory.subarray(0, this.filledBytes);
  }

  /** Copies as many bytes of the chunk as fit and returns their number. */
  append(chunk: Buffer): number {
    const taken = chunk.length <= this.roomBytes ? chunk : chunk.subarray(0, this.roomBytes);
    this.memory.set(taken, this.filledBytes);
    this.filledBytes += taken.length;
    return taken.length;
  }
}
