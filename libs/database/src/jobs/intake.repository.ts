import { Injectable } from '@nestjs/common';
import { ConversionJob } from './conversion-job.entity.js';
import { Database } from '../connection/database.js';

export type NewConversionJob = Pick<
  ConversionJob,
  | 'id'
  | 'userId'
  | 'sourceKey'
  | 'sourceFilename'
  | 'sourceSize'
  | 'sourceFormat'
  | 'maxAttempts'
  | 'requestId'
  | 'traceparent'
> & {
  /** Null stands for the default in the user's profile. */
  readonly notifyEmail?: boolean | null;
  readonly callbackUrl?: string | null;
};

/** Accepts new conversion jobs. */
@Injectable()
export class IntakeRepository {
  constructor(private readonly database: Database) {}

  /** Commits the job as PENDING. On `database_unavailable` it is unknown whether it was committed. */
  async create(job: NewConversionJob): Promise<ConversionJob> {
    return this.database.use(async ({ manager }) => {
      await manager.insert(ConversionJob, { ...job, notifyEmail: job.notifyEmail ?? (() => defaultOf(job.userId)) });
      return manager.findOneByOrFail(ConversionJob, { id: job.id });
    });
  }
}

/** The profile of now, not of when the request was authenticated. */
function defaultOf(userId: number): string {
  return `(SELECT notify_email FROM users WHERE id = ${userId})`;
}
