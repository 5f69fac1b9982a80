import { finished, Transform, type Readable, type TransformCallback } from 'node:stream';
import { storageUnavailable } from './storage-errors.js';

/**
 * The body of an object that is being read. Ends only after exactly the expected number of bytes. A body that is too
 * short, too long or silent destroys it with an error. Silence counts only while the reader waits, so a slow reader is
 * no error.
 */
export class VerifiedBody extends Transform {
  private receivedBytes = 0;
  private readonly stall: NodeJS.Timeout;

  constructor(
    private readonly source: Readable,
    private readonly expectedBytes: number,
    private readonly stallTimeoutMs: number,
  ) {
    super();
    this.stall = setTimeout(() => this.onSilence(), stallTimeoutMs);
    this.on('drain', () => this.stall.refresh());
    // It can fail before its reader listens; the reader then finds it destroyed.
    this.on('error', () => undefined);
    finished(source, { writable: false }, (error) => error && this.destroy(storageUnavailable(error)));
    source.pipe(this);
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, callback: TransformCallback): void {
    this.receivedBytes += chunk.length;
    this.stall.refresh();
    if (this.receivedBytes > this.expectedBytes) return callback(this.wrongLength());
    callback(null, chunk);
  }

  override _flush(callback: TransformCallback): void {
    clearTimeout(this.stall);
    callback(this.receivedBytes === this.expectedBytes ? null : this.wrongLength());
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    clearTimeout(this.stall);
    this.source.destroy();
    callback(error);
  }

  private onSilence(): void {
    if (this.writableNeedDrain) {
      this.stall.refresh();
      return;
    }
    this.destroy(storageUnavailable(new Error(`The object's body was silent for ${this.stallTimeoutMs} ms`)));
  }

  private wrongLength(): Error {
    const cause = new Error(`The object's body had ${this.receivedBytes} bytes instead of ${this.expectedBytes}`);
    return storageUnavailable(cause);
  }
}
