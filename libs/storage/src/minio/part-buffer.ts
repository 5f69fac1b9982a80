/** The bytes of one part while it fills. */
export class PartBuffer {
  private filledBytes = 0;

  constructor(readonly memory: Buffer<ArrayBuffer>) {}

  get roomBytes(): number {
    return this.memory.length - this.filledBytes;
  }

  get bytes(): Buffer<ArrayBuffer> {
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
