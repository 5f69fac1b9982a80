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

/** What an owner does with conversion jobs. */
@Injectable()
export class ConversionJobRepository {
  constructor(private readonly database: Database) {}

  /** Commits the job as PENDING. On `database_unavailable` it is unknown whether it was committed. */
  async create(job: NewConversionJob): Promise<ConversionJob> {
    return this.database.use(async ({ manager }) => {
      await manager.insert(ConversionJob, job);
      return manager.findOneByOrFail(ConversionJob, { id: job.id });
    });
  }

  /** Asks for the owner in the query: a foreign job and an unknown one are the same answer. */
  async findOwned(id: string, userId: number): Promise<ConversionJob | null> {
    return this.database.use(({ manager }) => manager.findOneBy(ConversionJob, { id, userId }));
  }
}
