import { setImmediate } from 'node:timers/promises';
import type { ByteSource } from '../containers/file-window.js';

const READS_AT_A_STRETCH = 250;

/**
 * A file of which only so many pieces are read: then its reader is told that it is enough. Thousands of pieces may lie
 * in memory already, so others get their turn in between.
 */
export class BoundedSource implements ByteSource {
  constructor(
    private readonly file: ByteSource,
    private readsLeft: number,
  ) {}

  get sizeBytes(): number {
    return this.file.sizeBytes;
  }

  async bytes(position: number, length: number): Promise<Buffer> {
    if (this.readsLeft-- <= 0) throw new RangeError('more tags than are read');
    if (this.readsLeft % READS_AT_A_STRETCH === 0) await setImmediate();
    return this.file.bytes(position, length);
  }
}
