import type { FileHandle } from 'node:fs/promises';
import { writeAll } from './write-all.js';

const WRITE_BYTES = 512 * 1024;

/** Gathers small pieces, one frame each, into large writes. */
export class FrameWriter {
  private waiting: Buffer[] = [];
  private waitingBytes = 0;
  private position = 0;

  constructor(private readonly file: FileHandle) {}

  /** Returns true if anything was written to the file. */
  async write(frames: readonly Buffer[]): Promise<boolean> {
    for (const frame of frames) this.waitingBytes += frame.length;
    this.waiting.push(...frames);
    if (this.waitingBytes < WRITE_BYTES) return false;
    await this.flush();
    return true;
  }

  async flush(): Promise<void> {
    const bytes = Buffer.concat(this.waiting);
    this.waiting = [];
    this.waitingBytes = 0;
    await writeAll(this.file, bytes, this.position);
    this.position += bytes.length;
  }
}
