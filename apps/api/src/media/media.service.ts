import {
  ConversionJobRepository,
  databaseUnavailable,
  isUnavailable,
  wasRefused,
  type ConversionJob,
  type User,
} from '@app/database';
import { Dispatcher } from '@app/dispatch';
import { DomainError, FAILURES } from '@app/domain';
import { failpoint } from '@app/failpoints';
import { ObjectStorage } from '@app/storage';
import { Injectable, Logger } from '@nestjs/common';
import { MediaEnv } from './media.env.js';
import type { StoredSource } from './source-upload.js';

/** Where a request came from, carried to the worker's log. */
export interface RequestOrigin {
  readonly requestId: string | null;
  readonly traceparent: string | null;
}

/** A finished job's output as it is recorded: the object must agree with it. */
export interface RecordedOutput {
  readonly key: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly sourceFilename: string;
  readonly finishedAt: Date;
}

@Injectable()
export class MediaService {
  private readonly logger = new Logger(MediaService.name);

  constructor(
    private readonly jobs: ConversionJobRepository,
    private readonly storage: ObjectStorage,
    private readonly dispatcher: Dispatcher,
    private readonly env: MediaEnv,
  ) {}

  /** Commits the job of a source that is whole in storage; only then may the client be told that it is accepted. */
  async accept(user: User, source: StoredSource, origin: RequestOrigin): Promise<ConversionJob> {
    const job = await this.commit(user, source, origin);
    this.dispatcher.wake();
    this.logger.log({ msg: 'Upload accepted', job_id: job.id, user_id: user.id, size_bytes: source.sizeBytes });
    return job;
  }

  async getOwned(id: string, userId: number): Promise<ConversionJob> {
    const job = await this.jobs.findOwned(id, userId);
    if (job === null) throw new DomainError('not_found', 'There is no conversion job with this id.');
    return job;
  }

  async getOutput(id: string, userId: number): Promise<RecordedOutput> {
    const job = await this.getOwned(id, userId);
    const { status, outputKey, outputSize, outputSha256, finishedAt } = job;
    if (status === 'FAILED') throw new DomainError('job_failed', FAILURES[job.error ?? 'unknown_error'].message);
    if (status === 'CANCELED') throw new DomainError('job_canceled', 'The conversion was canceled.');
    if (
      status !== 'DONE' ||
      outputKey === null ||
      outputSize === null ||
      outputSha256 === null ||
      finishedAt === null
    ) {
      throw new DomainError('not_finished', 'The conversion is not finished yet.', { retryable: true });
    }
    return {
      key: outputKey,
      sizeBytes: outputSize,
      sha256: outputSha256,
      sourceFilename: job.sourceFilename,
      finishedAt,
    };
  }

  private async commit(user: User, source: StoredSource, origin: RequestOrigin): Promise<ConversionJob> {
    try {
      failpoint('upload.commit.before');
      const job = await this.jobs.create({
        id: source.jobId,
        userId: user.id,
        sourceKey: source.key,
        sourceFilename: source.filename,
        sourceSize: source.sizeBytes,
        sourceFormat: source.format,
        maxAttempts: this.env.MAX_ATTEMPTS,
        ...origin,
      });
      failpoint('upload.commit.after');
      return job;
    } catch (error) {
      if (wasRefused(error)) await this.discard(source);
      // Else the row may be there, and then its source must be too; a sweeper looks later.
      throw isUnavailable(error) ? databaseUnavailable(error) : error;
    }
  }

  private async discard(source: StoredSource): Promise<void> {
    try {
      await this.storage.delete(source.key);
    } catch (error) {
      this.logger.warn({ err: error, msg: 'A refused source was left in storage', key: source.key });
    }
  }
}
