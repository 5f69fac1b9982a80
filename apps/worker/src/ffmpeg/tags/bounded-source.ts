import type { ByteSource } from '../file-window.js';

/** A file of which only so many pieces are read: then its reader is told that it is enough. */
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
    return this.file.bytes(position, length);
  }
}
