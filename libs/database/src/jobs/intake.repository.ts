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
>;

/** Accepts new conversion jobs. */
@Injectable()
export class IntakeRepository {
  constructor(private readonly database: Database) {}

  /** Commits the job as PENDING. On `database_unavailable` it is unknown whether it was committed. */
  async create(job: NewConversionJob): Promise<ConversionJob> {
    return this.database.use(async ({ manager }) => {
      await manager.insert(ConversionJob, job);
      return manager.findOneByOrFail(ConversionJob, { id: job.id });
    });
  }
}
