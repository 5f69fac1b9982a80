import { Injectable } from '@nestjs/common';
import { isSessionLockOf, tryLock } from '../connection/advisory-locks.js';
import { Database, rowsOf } from '../connection/database.js';
import type { Lease, OutboxDraft } from './lease.repository.js';

export interface RunningLease extends Lease {
  readonly userId: number;
  readonly isExpired: boolean;
  /** Whether the session advisory lock of the lease's owner is held. */
  readonly isOwnerAlive: boolean;
}

export interface Look {
  /** The database's clock when it answered, at its own precision. */
  readonly databaseTime: string;
  readonly leases: RunningLease[];
}

/** Why a lease may be ended: its owner was seen dead, or it ran out. */
export type EndReason = 'owner_dead' | 'lease_expired';

export interface EndLease extends Lease {
  readonly reason: EndReason;
  /** The database time of the caller's previous answer. */
  readonly databaseTime: string;
  /** Written if this was the last attempt and the job fails. */
  readonly failedEvent: OutboxDraft;
}

/** A statement that was stuck in a frozen database runs after the thaw; by then it knows nothing and must change nothing. */
const STALE_SECONDS = 3;

const OWNER_ALIVE = `EXISTS (SELECT 1 FROM pg_locks WHERE ${isSessionLockOf('lease_owner')})`;

/** The reconciler's side of the jobs: which leases no worker stands behind any more. */
@Injectable()
export class ReconcileRepository {
  constructor(private readonly database: Database) {}

  /** All running leases, or null while another process looks. */
  async look(): Promise<Look | null> {
    return this.database.transaction(async (runner) => {
      if (!(await tryLock(runner, 'reconcile'))) return null;
      const leases = await rowsOf<RunningLease>(
        runner,
        `SELECT id AS "jobId", lease_token AS token, user_id AS "userId", lease_until < clock_timestamp() AS "isExpired",
                ${OWNER_ALIVE} AS "isOwnerAlive"
         FROM conversion_jobs WHERE status = 'PROCESSING'`,
      );
      const [clock] = await rowsOf<{ now: string }>(runner, 'SELECT clock_timestamp()::text AS now');
      return { databaseTime: clock?.now ?? '', leases };
    });
  }

  /** Ends one lease: PENDING and due now, or FAILED at the bound of attempts. False where nothing was changed. */
  async end({ jobId, token, reason, databaseTime, failedEvent }: EndLease): Promise<boolean> {
    const stillSo = reason === 'lease_expired' ? 'lease_until < clock_timestamp()' : `NOT ${OWNER_ALIVE}`;
    const ended = await this.database.rows(
      `WITH ended AS (
         UPDATE conversion_jobs
         SET status = CASE WHEN attempt < max_attempts THEN 'PENDING' ELSE 'FAILED' END,
             error = CASE WHEN attempt < max_attempts THEN NULL ELSE 'attempts_exhausted' END,
             finished_at = CASE WHEN attempt < max_attempts THEN NULL ELSE now() END,
             dispatched_at = CASE WHEN attempt < max_attempts THEN NULL ELSE dispatched_at END,
             progress = 0, dispatch_after = now(), lease_token = NULL, lease_owner = NULL, lease_until = NULL,
             revision = revision + 1, updated_at = now()
         WHERE id = $1 AND lease_token = $2 AND status = 'PROCESSING' AND ${stillSo}
           AND clock_timestamp() - $3::timestamptz < make_interval(secs => ${STALE_SECONDS})
         RETURNING status, request_id, traceparent
       ), event AS (
         INSERT INTO outbox (id, topic, payload, correlation_id, traceparent)
         SELECT $4::uuid, $5::text, $6::jsonb, request_id, traceparent FROM ended WHERE status = 'FAILED'
       )
       SELECT status FROM ended`,
      [jobId, token, databaseTime, failedEvent.id, failedEvent.topic, failedEvent.payload],
    );
    return ended.length === 1;
  }
}
