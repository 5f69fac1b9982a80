import { randomUUID } from 'node:crypto';
import { pipeline, type Readable } from 'node:stream';
import { failpoint } from '@app/failpoints';
import { ObjectStorage, sourceKey } from '@app/storage';
import { Injectable } from '@nestjs/common';
import type { ContainerFormat } from './container-format.js';
import { sourceFilename } from './source-filename.js';
import { SourceInspection } from './source-inspection.js';
import { UploadsEnv } from './uploads.env.js';

/** A fully stored source, before its job is created. */
export interface StoredSource {
  readonly jobId: string;
  readonly key: string;
  readonly filename: string;
  readonly sizeBytes: number;
  readonly format: ContainerFormat;
}

/** Checks the format and size of a source, no matter where it comes from, and streams it into object storage. */
@Injectable()
export class SourceIntake {
  constructor(
    private readonly storage: ObjectStorage,
    private readonly env: UploadsEnv,
  ) {}

  /** Rejects as soon as the source is known to be invalid, and leaves nothing in storage. */
  async store(stream: Readable, filename: string): Promise<StoredSource> {
    const jobId = randomUUID();
    const key = sourceKey(jobId);
    const source = new SourceInspection(this.env.MAX_UPLOAD_BYTES);
    // If either stream fails, `pipeline` destroys the other. The error rejects `source.format` before detection, and
    // the write after it.
    pipeline(stream, source, () => undefined);
    const format = await source.format;
    failpoint('upload.object-write.before');
    const { sizeBytes } = await this.storage.write(key, source, { contentType: 'application/octet-stream' });
    failpoint('upload.object-write.after');
    return { jobId, key, filename: sourceFilename(filename), sizeBytes, format };
  }

  /** Deletes a stored source for which no job is created. */
  async discard({ key }: StoredSource): Promise<void> {
    await this.storage.delete(key);
  }
}
