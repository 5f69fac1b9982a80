import { Injectable } from '@nestjs/common';
import { Database, rowsOf } from '../connection/database.js';
import { claimSources } from './source-lock.js';

/** A removed job, and the stored objects that nothing refers to any more. */
export interface RemovedJob {
  readonly id: string;
  readonly objectKeys: readonly string[];
}

interface DeletedJob {
  readonly id: string;
  readonly sourceId: string;
  readonly outputKey: string | null;
}

const DELETE_JOBS = `DELETE FROM conversion_jobs WHERE user_id = $2 AND source_id = ANY ($3::uuid[])`;
const RETURNING = `RETURNING id, source_id AS "sourceId", output_key AS "outputKey"`;

const DELETE_ONE = `${DELETE_JOBS} AND id = ANY ($1::uuid[]) ${RETURNING}`;
/** Skips rows that another transaction has locked. Waiting for them could deadlock with a dispatcher. */
const DELETE_UNLOCKED = `${DELETE_JOBS} AND id IN (
  SELECT id FROM conversion_jobs WHERE id = ANY ($1::uuid[]) AND user_id = $2 FOR UPDATE SKIP LOCKED) ${RETURNING}`;

/** Removes jobs for their owners, and sources with their last job. The caller deletes the objects afterwards. */
@Injectable()
export class JobRemovalRepository {
  constructor(private readonly database: Database) {}

  /** Removes a job in any status. Returns null if there is no such job, or it belongs to another user. */
  async remove(id: string, userId: number): Promise<RemovedJob | null> {
    const [removed] = await this.removeBy(DELETE_ONE, [id], userId);
    return removed ?? null;
  }

  /** Removes the jobs that no other transaction has locked. */
  async removeMany(ids: readonly string[], userId: number): Promise<RemovedJob[]> {
    return this.removeBy(DELETE_UNLOCKED, ids, userId);
  }

  private async removeBy(statement: string, ids: readonly string[], userId: number): Promise<RemovedJob[]> {
    return this.database.transaction(async (runner) => {
      const sources = await claimSources(runner, ids, userId);
      const sourceIds = sources.map(({ id }) => id);
      const deleted = await rowsOf<DeletedJob>(runner, statement, [ids, userId, sourceIds]);
      const used = await rowsOf<{ id: string }>(
        runner,
        'SELECT DISTINCT source_id AS id FROM conversion_jobs WHERE source_id = ANY ($1::uuid[])',
        [sourceIds],
      );
      const isUsed = new Set(used.map(({ id }) => id));
      const unused = new Map(sources.filter(({ id }) => !isUsed.has(id)).map(({ id, key }) => [id, key]));
      await rowsOf(runner, 'DELETE FROM sources WHERE id = ANY ($1::uuid[])', [[...unused.keys()]]);
      return deleted.map((job) => removedJob(job, unused));
    });
  }
}

/** Adds the key of a shared source to each of its jobs. Deleting an object twice does no harm. */
function removedJob({ id, sourceId, outputKey }: DeletedJob, unused: ReadonlyMap<string, string>): RemovedJob {
  const keys = [outputKey, unused.get(sourceId) ?? null];
  return { id, objectKeys: keys.filter((key) => key !== null) };
}
