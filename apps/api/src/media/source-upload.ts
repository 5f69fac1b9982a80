import { randomUUID } from 'node:crypto';
import { pipeline } from 'node:stream';
import { DomainError } from '@app/domain';
import { failpoint } from '@app/failpoints';
import { sourceKey, type ObjectStorage } from '@app/storage';
import type { Request } from 'express';
import type { StorageEngine } from 'multer';
import type { ContainerFormat } from './container-format.js';
import { sourceFilename } from './source-filename.js';
import { SourceInspection } from './source-inspection.js';

/** A source that is whole in storage and has no job yet. */
export interface StoredSource {
  readonly jobId: string;
  readonly key: string;
  readonly filename: string;
  readonly sizeBytes: number;
  readonly format: ContainerFormat;
}

/** multer's storage engine for one request: streams its file straight into object storage. */
export class SourceUpload implements StorageEngine {
  stored: StoredSource | null = null;
  /** What went wrong in storing rather than in reading the form. */
  failure: unknown = null;

  private readonly jobId = randomUUID();
  private readonly key = sourceKey(this.jobId);

  constructor(
    private readonly storage: ObjectStorage,
    private readonly maxBytes: number,
  ) {}

  _handleFile(_request: Request, file: Express.Multer.File, done: (error: unknown, info?: object) => void): void {
    this.store(file).then(
      (stored) => {
        this.stored = stored;
        done(null, {});
      },
      (error: unknown) => {
        if (error instanceof DomainError || file.stream.errored === null) this.failure ??= error;
        done(error);
      },
    );
  }

  /** The rest of the form was refused, or the client went away. */
  _removeFile(_request: Request, _file: Express.Multer.File, done: (error: Error | null) => void): void {
    this.stored = null;
    this.storage.delete(this.key).then(() => done(null), done);
  }

  private async store(file: Express.Multer.File): Promise<StoredSource> {
    const source = new SourceInspection(this.maxBytes);
    // Ties the two together; an error of either comes out of the write below.
    pipeline(file.stream, source, () => undefined);
    const format = await source.format;
    failpoint('upload.object-write.before');
    const { sizeBytes } = await this.storage.write(this.key, source, { contentType: 'application/octet-stream' });
    failpoint('upload.object-write.after');
    return { jobId: this.jobId, key: this.key, filename: sourceFilename(file.originalname), sizeBytes, format };
  }
}
