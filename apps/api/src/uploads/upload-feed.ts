import type { IncomingMessage } from 'node:http';
import type { Writable } from 'node:stream';
import { DomainError } from '@app/domain';

export interface UploadPace {
  /** An upload that is slower than this over a window is rejected. */
  readonly minBytesPerSecond: number;
  readonly windowMs: number;
  readonly maxDurationMs: number;
}

/** Allows slow connections: 1 KiB/s over a minute, and 12 hours in total. */
export const UPLOAD_PACE: UploadPace = { minBytesPerSecond: 1024, windowMs: 60_000, maxDurationMs: 12 * 3_600_000 };

/** Pipes the body of a request into the form parser and rejects it if it is too large, too slow or takes too long. */
export class UploadFeed {
  private receivedBytes = 0;
  private receivedBefore = 0;
  private wasHeldUp = false;
  private timers: NodeJS.Timeout[] = [];

  constructor(
    private readonly maxBodyBytes: number,
    private readonly pace: UploadPace,
  ) {}

  start(request: IncomingMessage, parser: Writable): void {
    const reject = (error: DomainError): void => {
      this.stop();
      parser.destroy(error);
    };
    request.on('data', (chunk: Buffer) => {
      this.receivedBytes += chunk.length;
      if (this.receivedBytes > this.maxBodyBytes) {
        reject(
          new DomainError('payload_too_large', { params: { content: 'request body', limitBytes: this.maxBodyBytes } }),
        );
      }
    });
    parser.on('drain', () => (this.wasHeldUp = true));
    this.timers = [
      setInterval(() => {
        if (this.isTooSlow(parser)) reject(new DomainError('upload_too_slow'));
      }, this.pace.windowMs),
      setTimeout(() => reject(new DomainError('upload_too_slow')), this.pace.maxDurationMs),
    ];
    request.pipe(parser);
  }

  stop(): void {
    for (const timer of this.timers) clearTimeout(timer);
  }

  private isTooSlow(parser: Writable): boolean {
    const receivedBytes = this.receivedBytes - this.receivedBefore;
    // If storage slowed the upload down, the window says nothing about the client.
    const isHeldUp = this.wasHeldUp || parser.writableNeedDrain;
    this.receivedBefore = this.receivedBytes;
    this.wasHeldUp = false;
    return !isHeldUp && receivedBytes < (this.pace.minBytesPerSecond * this.pace.windowMs) / 1000;
  }
}
