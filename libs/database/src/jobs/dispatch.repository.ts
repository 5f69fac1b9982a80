import { Injectable } from '@nestjs/common';
import { takeLock } from '../connection/advisory-locks.js';
import { Database, rowsOf } from '../connection/database.js';
import { PICK } from './pick-statement.js';

export interface Dispatch {
  readonly jobId: string;
  /** The value that this dispatch wrote, at the database's precision. */
  readonly dispatchedAt: string;
  readonly requestId: string | null;
  readonly traceparent: string | null;
}

/** The age after which a message can be lost. */
export const MESSAGE_LOST_AFTER_SECONDS = 10;

/** Jobs that finished this recently show which dispatches had their messages delivered. */
const EVIDENCE_SECONDS = 60;

/** Picks the next jobs for the dispatcher, and finds lost messages. */
@Injectable()
export class DispatchRepository {
  constructor(private readonly database: Database) {}

  /** Marks the next jobs as dispatched, as many as the workers have room for. One dispatcher at a time; the others wait. */
  async pick(limit: number): Promise<Dispatch[]> {
    return this.database.transaction(async (runner) => {
      await takeLock(runner, 'dispatch');
      // Runs after the statement that locks: only then does it see the commits of the previous holder.
      return rowsOf<Dispatch>(runner, PICK, [limit]);
    });
  }

  /** Undoes the dispatch of a job whose message the broker rejected, if its row has not changed since. */
  async undo({ jobId, dispatchedAt }: Dispatch): Promise<void> {
    await this.database.rows(
      `UPDATE conversion_jobs SET dispatched_at = NULL, updated_at = now()
       WHERE id = $1 AND dispatched_at = $2::timestamptz AND status = 'PENDING'`,
      [jobId, dispatchedAt],
    );
  }

  /**
   * Undoes the dispatch of jobs whose message is lost: it was published long ago, and either the queue holds no ready
   * message, or a job that was dispatched that much later was claimed. If both messages arrive,
   * the second claim finds nothing.
   */
  async redispatchLost(isQueueEmpty: boolean): Promise<number> {
    return this.database.transaction(async (runner) => {
      await takeLock(runner, 'dispatch');
      const lost = await rowsOf(
        runner,
        `UPDATE conversion_jobs SET dispatched_at = NULL, updated_at = now()
         WHERE status = 'PENDING' AND dispatched_at < statement_timestamp() - make_interval(secs => ${MESSAGE_LOST_AFTER_SECONDS})
           AND ($1 OR dispatched_at + make_interval(secs => ${MESSAGE_LOST_AFTER_SECONDS}) <
             (SELECT max(dispatched_at) FROM (
                SELECT dispatched_at FROM conversion_jobs WHERE status = 'PROCESSING'
                UNION ALL
                SELECT dispatched_at FROM conversion_jobs
                WHERE finished_at > statement_timestamp() - make_interval(secs => ${EVIDENCE_SECONDS})
              ) AS claimed))
         RETURNING id`,
        [isQueueEmpty],
      );
      return lost.length;
    });
  }

  async hasOverdue(): Promise<boolean> {
    // min() reads one index entry whatever the statistics say, EXISTS does not.
    const [row] = await this.database.rows<{ overdue: boolean | null }>(
      `SELECT min(dispatched_at) < statement_timestamp() - make_interval(secs => ${MESSAGE_LOST_AFTER_SECONDS}) AS overdue
       FROM conversion_jobs WHERE status = 'PENDING' AND dispatched_at IS NOT NULL`,
    );
    return row?.overdue ?? false;
  }
}
