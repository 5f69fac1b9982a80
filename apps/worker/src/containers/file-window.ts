import { open, type FileHandle } from 'node:fs/promises';

const WINDOW_BYTES = 64 * 1024;

/** Random access to the bytes of a source. */
export interface ByteSource {
  readonly sizeBytes: number;
  /** Returns the bytes at a position; fewer only at the end of the file. They are valid until the next call. */
  bytes(position: number, length: number): Promise<Buffer>;
}

/** Serves small reads at increasing positions of a file of any size from one buffer. */
export class FileWindow implements ByteSource {
  private buffer: Buffer = Buffer.alloc(0);
  private start = 0;

  private constructor(
    private readonly file: FileHandle,
    readonly sizeBytes: number,
    private readonly signal: AbortSignal,
  ) {}

  static async use<T>(path: string, signal: AbortSignal, read: (file: FileWindow) => Promise<T>): Promise<T> {
    const file = await open(path, 'r');
    try {
      return await read(new FileWindow(file, (await file.stat()).size, signal));
    } finally {
      await file.close();
    }
  }

  async bytes(position: number, length: number): Promise<Buffer> {
    this.signal.throwIfAborted();
    const from = position - this.start;
    if (from >= 0 && from + length <= this.buffer.length) return this.buffer.subarray(from, from + length);
    if (length > WINDOW_BYTES) return this.load(position, length);
    this.buffer = await this.load(position, WINDOW_BYTES);
    this.start = position;
    return this.buffer.subarray(0, length);
  }

  private async load(position: number, length: number): Promise<Buffer> {
    const wanted = Math.max(0, Math.min(length, this.sizeBytes - position));
    const buffer = Buffer.allocUnsafe(wanted);
    let filled = 0;
    while (filled < wanted) {
      const { bytesRead } = await this.file.read(buffer, filled, wanted - filled, position + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return buffer.subarray(0, filled);
  }
}
