import type { FileHandle } from 'node:fs/promises';
import { Writable } from 'node:stream';

type Callback = (error?: Error | null) => void;

/** Chunks that arrive while others are being written are written together. */
const BUFFER_BYTES = 512 * 1024;

/** Writes a body to a file from a position onward. Does not close the file. */
export class RangeSink extends Writable {
  /** Set if the file cannot be written: reading the body again does not help then. */
  failure: Error | null = null;
  writtenBytes = 0;

  constructor(
    private readonly file: FileHandle,
    private readonly start: number,
  ) {
    super({ highWaterMark: BUFFER_BYTES });
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: Callback): void {
    this.settle(this.append([chunk]), callback);
  }

  override _writev(chunks: readonly { chunk: Buffer }[], callback: Callback): void {
    this.settle(this.append(chunks.map(({ chunk }) => chunk)), callback);
  }

  private async append(buffers: readonly Buffer[]): Promise<void> {
    let rest = buffers;
    while (rest.length > 0) {
      const { bytesWritten } = await this.file.writev(rest, this.start + this.writtenBytes);
      this.writtenBytes += bytesWritten;
      rest = withoutFirst(rest, bytesWritten);
    }
  }

  private settle(work: Promise<void>, callback: Callback): void {
    work.then(
      () => callback(),
      (error: Error) => {
        this.failure = error;
        callback(error);
      },
    );
  }
}

/** A full disk can accept a part of the bytes. */
function withoutFirst(buffers: readonly Buffer[], bytes: number): Buffer[] {
  const rest: Buffer[] = [];
  let skipped = bytes;
  for (const buffer of buffers) {
    if (skipped < buffer.length) rest.push(buffer.subarray(skipped));
    skipped = Math.max(0, skipped - buffer.length);
  }
  return rest;
}
