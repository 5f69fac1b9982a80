import { createHash, type Hash } from 'node:crypto';

/**
 * The bytes of one part, and their SHA-256 as they come: hashing a whole part at once would stop the event loop.
 * The memory is taken once and used for part after part.
 */
export class PartBuffer {
  private memory: Buffer;
  private filledBytes = 0;
  private hash: Hash;

  constructor(private sizeBytes: number) {
    this.reset(sizeBytes);
  }

  get roomBytes(): number {
    return this.sizeBytes - this.filledBytes;
  }

  get bytes(): Buffer {
    return this.memory.subarray(0, this.filledBytes);
  }

  /** Takes as much of the chunk as there is room for; returns how much. */
  append(chunk: Buffer): number {
    const taken = chunk.length <= this.roomBytes ? chunk : chunk.subarray(0, this.roomBytes);
    this.memory.set(taken, this.filledBytes);
    this.hash.update(taken);
    this.filledBytes += taken.length;
    return taken.length;
  }

  /** May be asked once per part. */
  sha256(): string {
    return this.hash.digest('hex');
  }

  reset(sizeBytes: number): void {
    // Not from the pool, and not zeroed: pages that a small object never fills cost no memory.
    if (this.memory?.length !== sizeBytes) this.memory = Buffer.allocUnsafeSlow(sizeBytes);
    this.sizeBytes = sizeBytes;
    this.filledBytes = 0;
    this.hash = createHash('sha256');
  }
}
