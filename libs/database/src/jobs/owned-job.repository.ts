import { CONVERSION_STATUSES, type ConversionStatus } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { ConversionJob } from './conversion-job.entity.js';
import { Database, rowsOf } from '../connection/database.js';
import { WrittenSelect } from '../connection/written-select.js';
import { jobTransition } from './job-transition.js';
import { SHOWN_PROPERTIES, type ShownJob } from './shown-job.js';
import { shareSources } from './source-lock.js';

/** A job as its owner last read it. If it changed since then, it must be read again before it is moved. */
export type SeenJob = Pick<ConversionJob, 'id' | 'userId' | 'revision'>;

const OWNED = 'id = $1 AND user_id = $2';

const OWNED_JOB = new WrittenSelect({ name: 'owned_job', entity: ConversionJob, where: OWNED });
const SHOWN_JOB = new WrittenSelect({
  name: 'shown_job',
  entity: ConversionJob,
  where: OWNED,
  properties: SHOWN_PROPERTIES,
});

const AS_SEEN = 'id = $1 AND user_id = $2 AND revision = $3';

/** `changed`: the job changed since it was read, so read it again. `expired`: its source was deleted. */
export type RetryResult = 'retried' | 'changed' | 'expired';

const CANCEL = jobTransition({ from: ['PENDING', 'PROCESSING'], to: 'CANCELED', where: AS_SEEN });

/** Skips rows that another transaction has locked. Waiting for them could deadlock with a dispatcher. */
const CANCEL_MANY = jobTransition({
  from: ['PENDING', 'PROCESSING'],
  to: 'CANCELED',
  where: `id IN (SELECT id FROM conversion_jobs WHERE id = ANY ($1::uuid[]) AND user_id = $2 FOR NO KEY UPDATE SKIP LOCKED)`,
});

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

  /** Cancels a waiting or running job. Returns false if it changed since it was read, or has ended. */
  async cancel({ id, userId, revision }: SeenJob): Promise<boolean> {
    const moved = await this.database.rows(CANCEL, [id, userId, revision]);
    return moved.length === 1;
  }

  /** Cancels the waiting and running jobs that no other transaction has locked. Returns their ids. */
  async cancelMany(ids: readonly string[], userId: number): Promise<string[]> {
    const moved = await this.database.rows<{ id: string }>(CANCEL_MANY, [ids, userId]);
    return moved.map(({ id }) => id);
  }

  /** Returns the ids of the user's jobs that have one of the statuses. */
  async filterOwned(
    ids: readonly string[],
    userId: number,
    statuses: readonly ConversionStatus[] = CONVERSION_STATUSES,
  ): Promise<string[]> {
    const rows = await this.database.rows<{ id: string }>(
      'SELECT id FROM conversion_jobs WHERE id = ANY ($1::uuid[]) AND user_id = $2 AND status = ANY ($3)',
      [ids, userId, statuses],
    );
    return rows.map(({ id }) => id);
  }

  /** Queues a failed or canceled job again with a new set of attempts, if its source still exists. */
  async retry({ id, userId, revision }: SeenJob, maxAttempts: number): Promise<RetryResult> {
    return this.database.transaction(async (runner) => {
      const [source] = await shareSources(runner, [id], userId);
      if (source?.isExpired === true) return 'expired';
      const moved = await rowsOf(runner, RETRY, [id, userId, revision, maxAttempts]);
      return moved.length === 1 ? 'retried' : 'changed';
    });
  }
}
