import { randomUUID } from 'node:crypto';
import {
  IntakeRepository,
  databaseUnavailable,
  isUnavailable,
  wasRejected,
  type ConversionJob,
  type User,
} from '@app/database';
import { Dispatcher } from '@app/dispatch';
import { DomainError } from '@app/domain';
import { failpoint } from '@app/failpoints';
import { Injectable, Logger } from '@nestjs/common';
import { JobsEnv } from '../jobs/jobs.env.js';
import { SourceIntake, type StoredSource } from './source-intake.js';
import type { UploadOptions } from './upload-options.js';

/** A stored source, and what its owner wants of it. */
export interface AcceptedUpload {
  readonly source: StoredSource;
  readonly options: UploadOptions;
}

/** A request to convert a stored source again. */
export interface SecondConversion {
  /** A job with the source. */
  readonly sourceOf: string;
  readonly options: UploadOptions;
}

/** Identifies the request that created a job, for the log of the worker. */
export interface RequestOrigin {
  readonly requestId: string | null;
  readonly traceparent: string | null;
}

@Injectable()
export class UploadsService {
  private readonly logger = new Logger(UploadsService.name);

  constructor(
    private readonly jobs: IntakeRepository,
    private readonly intake: SourceIntake,
    private readonly dispatcher: Dispatcher,
    private readonly env: JobsEnv,
  ) {}

  /** Commits the job of a stored source. The client gets its 202 only after this. */
  async accept(user: User, upload: AcceptedUpload, origin: RequestOrigin): Promise<ConversionJob> {
    const job = await this.commit(user, upload, origin);
    this.dispatcher.wake();
    this.logger.log({ msg: 'Upload accepted', job_id: job.id, user_id: user.id, size_bytes: upload.source.sizeBytes });
    return job;
  }

  /** Commits another job on the source of one of the user's jobs. */
  async convertAgain(
    user: User,
    { sourceOf, options }: SecondConversion,
    origin: RequestOrigin,
  ): Promise<ConversionJob> {
    const request = { id: randomUUID(), userId: user.id, maxAttempts: this.env.MAX_ATTEMPTS, ...options, ...origin };
    const job = await this.jobs.createFromSource(request, sourceOf);
    if (job === 'missing') throw new DomainError('not_found');
    if (job === 'expired') throw new DomainError('source_expired');
    this.dispatcher.wake();
    this.logger.log({ msg: 'Converting again', job_id: job.id, user_id: user.id, source_of: sourceOf });
    return job;
  }

  private async commit(user: User, { source, options }: AcceptedUpload, origin: RequestOrigin): Promise<ConversionJob> {
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
        ...options,
        ...origin,
      });
      failpoint('upload.commit.after');
      return job;
    } catch (error) {
      // If the answer was lost, the row can exist and needs its source. The sweeper decides later.
      if (wasRejected(error)) await this.discard(source);
      throw isUnavailable(error) ? databaseUnavailable(error) : error;
    }
  }

  private async discard(source: StoredSource): Promise<void> {
    try {
      await this.intake.discard(source);
    } catch (error) {
      this.logger.warn({ err: error, msg: 'The source of a rejected upload could not be deleted', key: source.key });
    }
  }
}
