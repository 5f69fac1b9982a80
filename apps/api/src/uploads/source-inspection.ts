import { Transform, type TransformCallback } from 'node:stream';
import { DomainError } from '@app/domain';
import { containerFormat, type ContainerFormat } from './container-format.js';

/** Passes a source through and counts its bytes. Holds back its head until the container is detected. */
export class SourceInspection extends Transform {
  /** Settles as soon as the container is detected or the source is rejected. */
  readonly format: Promise<ContainerFormat>;
  private settle: { resolve: (format: ContainerFormat) => void; reject: (error: Error) => void };
  private head: Buffer | null = Buffer.alloc(0);
  private sizeBytes = 0;

  constructor(private readonly maxBytes: number) {
    super();
    this.format = new Promise((resolve, reject) => (this.settle = { resolve, reject }));
    // The same error also ends the stream, where the consumer handles it.
    this.format.catch(() => undefined);
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.sizeBytes += chunk.length;
    if (this.sizeBytes > this.maxBytes) {
      done(new DomainError('payload_too_large', { params: { content: 'file', limitBytes: this.maxBytes } }));
    } else if (this.head === null) {
      done(null, chunk);
    } else {
      this.head = Buffer.concat([this.head, chunk]);
      done(this.decide(this.head, false));
    }
  }

  override _flush(done: TransformCallback): void {
    if (this.sizeBytes === 0) done(new DomainError('empty_file'));
    else done(this.head === null ? null : this.decide(this.head, true));
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.settle.reject(error ?? new Error('The source ended before its container was detected'));
    done(error);
  }

  private decide(head: Buffer, isWhole: boolean): Error | null {
    const format = containerFormat(head, isWhole);
    if (format === 'undecided') return null;
    if (format === null) {
      return new DomainError('unsupported_media_type', { params: { expected: 'video' } });
    }
    this.head = null;
    this.settle.resolve(format);
    this.push(head);
    return null;
  }
}
