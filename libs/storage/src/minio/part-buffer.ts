import type { PartBytes } from './part-hasher.js';

/** The bytes of one part while it fills. */
export class PartBuffer {
  private filledBytes = 0;

  constructor(readonly memory: PartBytes) {}

  get roomBytes(): number {
    return this.memory.length - this.filledBytes;
  }

  get bytes(): PartBytes {
    return this.memory.subarray(0, this.filledBytes);
  }

  /** Takes as much of the chunk as there is room for and returns how much. */
  append(chunk: Buffer): number {
    const taken = chunk.length <= this.roomBytes ? chunk : chunk.subarray(0, this.roomBytes);
    this.memory.set(taken, this.filledBytes);
    this.filledBytes += taken.length;
    return taken.length;
  }
}
