import { Injectable } from '@nestjs/common';
import { takeLock } from '../connection/advisory-locks.js';
import { Database, rowsOf } from '../connection/database.js';

export interface Dispatch {
  readonly jobId: string;
  /** The value that this dispatch wrote, at the database's own precision. */
  readonly dispatchedAt: string;
  readonly requestId: string | null;
  readonly traceparent: string | null;
}

export interface DispatchWindow {
  /** How many unclaimed messages may be out at once. */
  readonly size: number;
  /** How many jobs this call may pick at the most. */
  readonly limit: number;
}

/** A message that was published longer ago can be lost. */
export const MESSAGE_LOST_AFTER_SECONDS = 10;

/**
 * Picks by turns: each user's n-th job comes after every user's (n-1)-th, where what a user already has out or
 * running counts as earlier turns. The recursive part hops over the index from user to user, so that a backlog of
 * 200 000 jobs costs as much as there are users. No index serves a comparison with clock_timestamp(), which may change
 * from row to row: statement_timestamp() is as fresh here, after the lock's own statement.
 */
const PICK = `
  WITH RECURSIVE waiting_user AS (
    (SELECT user_id FROM conversion_jobs WHERE status = 'PENDING' AND dispatched_at IS NULL ORDER BY user_id LIMIT 1)
    UNION ALL
    SELECT (SELECT job.user_id FROM conversion_jobs job
            WHERE job.status = 'PENDING' AND job.dispatched_at IS NULL AND job.user_id > previous.user_id
            ORDER BY job.user_id LIMIT 1)
    FROM waiting_user previous WHERE previous.user_id IS NOT NULL
  ), out AS (
    SELECT user_id FROM conversion_jobs WHERE status = 'PENDING' AND dispatched_at IS NOT NULL
  ), busy AS (
    SELECT user_id, count(*) AS jobs
    FROM (SELECT user_id FROM out UNION ALL SELECT user_id FROM conversion_jobs WHERE status = 'PROCESSING') AS active
    GROUP BY user_id
  ), candidate AS (
    SELECT job.id, job.created_at,
           coalesce(busy.jobs, 0) + row_number() OVER (PARTITION BY waiting_user.user_id ORDER BY job.dispatch_after, job.created_at) AS turn
    FROM waiting_user
    LEFT JOIN busy USING (user_id)
    CROSS JOIN LATERAL (
      SELECT id, created_at, dispatch_after FROM conversion_jobs
      WHERE status = 'PENDING' AND dispatched_at IS NULL AND user_id = waiting_user.user_id AND dispatch_after <= statement_timestamp()
      ORDER BY dispatch_after, created_at LIMIT $2
    ) AS job
  ), picked AS (
    SELECT id FROM candidate ORDER BY turn, created_at
    LIMIT LEAST($2, GREATEST(0, $1 - (SELECT count(*) FROM out)))
  )
  UPDATE conversion_jobs job SET dispatched_at = clock_timestamp(), updated_at = now() FROM picked
  WHERE job.id = picked.id AND job.status = 'PENDING' AND job.dispatched_at IS NULL
  RETURNING job.id AS "jobId", job.dispatched_at::text AS "dispatchedAt", job.request_id AS "requestId", job.traceparent`;

/** The dispatcher's side of the jobs: whose turn it is, and which messages are gone. */
@Injectable()
export class DispatchRepository {
  constructor(private readonly database: Database) {}

  /** Marks the next jobs as dispatched and commits. One dispatcher at a time; the others wait. */
  async pick(window: DispatchWindow): Promise<Dispatch[]> {
    return this.database.transaction(async (runner) => {
      await takeLock(runner, 'dispatch');
      // A statement of its own after the lock's: only then does it see what the last holder committed.
      return rowsOf<Dispatch>(runner, PICK, [window.size, window.limit]);
    });
  }

  /** Puts a job back in line whose message the broker did not take, unless the row has moved on since. */
  async undo({ jobId, dispatchedAt }: Dispatch): Promise<void> {
    await this.database.rows(
      `UPDATE conversion_jobs SET dispatched_at = NULL, updated_at = now()
       WHERE id = $1 AND dispatched_at = $2::timestamptz AND status = 'PENDING'`,
      [jobId, dispatchedAt],
    );
  }

  /**
   * Puts jobs back in line whose message must be gone: out for long, and either the queue holds no ready message
   * or a job that was dispatched that much later has been claimed. A message that comes after all is dropped by the claim.
   */
  async redispatchLost(isQueueEmpty: boolean): Promise<number> {
    return this.database.transaction(async (runner) => {
      await takeLock(runner, 'dispatch');
      const lost = await rowsOf(
        runner,
        `UPDATE conversion_jobs SET dispatched_at = NULL, updated_at = now()
         WHERE status = 'PENDING' AND dispatched_at < statement_timestamp() - make_interval(secs => ${MESSAGE_LOST_AFTER_SECONDS})
           AND ($1 OR dispatched_at + make_interval(secs => ${MESSAGE_LOST_AFTER_SECONDS}) <
                      (SELECT max(claimed.dispatched_at) FROM conversion_jobs claimed WHERE claimed.status <> 'PENDING'))
         RETURNING id`,
        [isQueueEmpty],
      );
      return lost.length;
    });
  }

  async hasOverdue(): Promise<boolean> {
    // The oldest one, not EXISTS: its first row costs one step in the index, whatever the planner believes.
    const [row] = await this.database.rows<{ overdue: boolean | null }>(
      `SELECT min(dispatched_at) < statement_timestamp() - make_interval(secs => ${MESSAGE_LOST_AFTER_SECONDS}) AS overdue
       FROM conversion_jobs WHERE status = 'PENDING' AND dispatched_at IS NOT NULL`,
    );
    return row?.overdue ?? false;
  }
}
