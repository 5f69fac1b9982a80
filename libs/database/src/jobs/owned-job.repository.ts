import { Injectable } from '@nestjs/common';
import { ConversionJob } from './conversion-job.entity.js';
import { Database } from '../connection/database.js';
import { WrittenSelect } from '../connection/written-select.js';
import { jobTransition } from './job-transition.js';

/** A job as its owner last read it: what changed since then is read again before anything is done to it. */
export type SeenJob = Pick<ConversionJob, 'id' | 'userId' | 'revision'>;

const OWNED = 'id = $1 AND user_id = $2';

/** What the owner sees of a job. Reading the other columns too would double the cost of a status request. */
const SHOWN_PROPERTIES = [
  'id',
  'status',
  'createdAt',
  'error',
  'errorParams',
  'sourceFilename',
  'sourceSize',
  'progress',
  'attempt',
  'durationMs',
  'outputSize',
  'outputSha256',
  'encoding',
  'revision',
  'startedAt',
  'finishedAt',
] as const satisfies readonly (keyof ConversionJob)[];

export type ShownJob = Pick<ConversionJob, (typeof SHOWN_PROPERTIES)[number]>;

const OWNED_JOB = new WrittenSelect({ name: 'owned_job', entity: ConversionJob, where: OWNED });
const SHOWN_JOB = new WrittenSelect({
  name: 'shown_job',
  entity: ConversionJob,
  where: OWNED,
  properties: SHOWN_PROPERTIES,
});

const AS_SEEN = 'id = $1 AND user_id = $2 AND revision = $3';

const CANCEL = jobTransition({ from: ['PENDING', 'PROCESSING'], to: 'CANCELED', where: AS_SEEN });

const RETRY = jobTransition({
  from: ['FAILED', 'CANCELED'],
  to: 'PENDING',
  where: AS_SEEN,
  set: { max_attempts: 'job.attempt + $4', uncounted_attempts: 'job.attempt' },
});

/** Reads and moves jobs for their owners. Another user's job and an unknown one get the same answer. */
@Injectable()
export class OwnedJobRepository {
  constructor(private readonly database: Database) {}

  async findOwned(id: string, userId: number): Promise<ConversionJob | null> {
    return OWNED_JOB.one(this.database, [id, userId]);
  }

  async findShown(id: string, userId: number): Promise<ShownJob | null> {
    return SHOWN_JOB.one(this.database, [id, userId]);
  }

  /** Cancels a job that waits or runs. Returns false if it changed since it was read, or has ended. */
  async cancel(job: SeenJob): Promise<boolean> {
    return this.move(CANCEL, job);
  }

  /** Puts a failed or canceled job back in line with a new set of attempts. Returns false if it changed since it was read. */
  async retry(job: SeenJob, maxAttempts: number): Promise<boolean> {
    return this.move(RETRY, job, maxAttempts);
  }

  private async move(statement: string, { id, userId, revision }: SeenJob, ...values: number[]): Promise<boolean> {
    const moved = await this.database.rows(statement, [id, userId, revision, ...values]);
    return moved.length === 1;
  }
}
