import { setImmediate } from 'node:timers/promises';
import type { ByteSource } from '../containers/file-window.js';

const READS_PER_YIELD = 250;

/**
 * Limits the number of reads from a file; more of them reject. Thousands of reads can be served from memory, so it
 * yields to the event loop in between.
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
    if (this.readsLeft-- <= 0) throw new RangeError('too many tags');
    if (this.readsLeft % READS_PER_YIELD === 0) await setImmediate();
    return this.file.bytes(position, length);
  }
}
