import { Injectable } from '@nestjs/common';
import { isSessionLockOf, tryLock } from '../connection/advisory-locks.js';
import { Database, rowsOf } from '../connection/database.js';
import { jobTransition } from './job-transition.js';
import type { Lease } from './lease.repository.js';

export interface RunningLease extends Lease {
  /** A timestamp as the database prints it, at full precision. Each heartbeat changes it. */
  readonly leaseUntil: string;
  readonly isExpired: boolean;
  /** True if no session holds the lock of the lease's owner. False also for owners without a lock. */
  readonly isOwnerLockFree: boolean;
}

export interface LeaseSnapshot {
  /** The database's time when it answered, at full precision. */
  readonly databaseTime: string;
  readonly leases: RunningLease[];
}

/** The reason why a lease can be ended. */
export type EndReason = 'owner_dead' | 'lease_expired';

export interface EndLease extends Lease {
  readonly reason: EndReason;
  /** The `leaseUntil` of the snapshot. */
  readonly leaseUntil: string;
  /** The database time of the caller's previous answer. */
  readonly databaseTime: string;
}

/** The age after which a snapshot is out of date. A frozen database runs old statements when it continues. */
const STALE_SECONDS = 3;

/** Leases have no owner if a transaction pooler keeps the worker from holding a lock. */
const OWNER_LOCK_FREE = `(lease_owner IS NOT NULL AND NOT EXISTS (SELECT 1 FROM pg_locks WHERE ${isSessionLockOf('lease_owner')}))`;

const IS_STILL_SO: Readonly<Record<EndReason, string>> = {
  owner_dead: OWNER_LOCK_FREE,
  lease_expired: 'lease_until < clock_timestamp()',
};

interface EndStatements {
  readonly requeue: string;
  readonly fail: string;
}

const END: Readonly<Record<EndReason, EndStatements>> = {
  owner_dead: endStatements('owner_dead'),
  lease_expired: endStatements('lease_expired'),
};

function endStatements(reason: EndReason): EndStatements {
  const isFresh = `clock_timestamp() - $3::timestamptz < make_interval(secs => ${STALE_SECONDS})`;
  // Skips a locked row until the next snapshot, so that its lock delays no other job.
  const row = 'id = (SELECT id FROM conversion_jobs WHERE id = $1 FOR NO KEY UPDATE SKIP LOCKED)';
  const guard = `${row} AND lease_token = $2 AND lease_until = $4::timestamptz AND ${IS_STILL_SO[reason]} AND ${isFresh}`;
  return {
    requeue: jobTransition({ from: 'PROCESSING', to: 'PENDING', where: `${guard} AND attempt < max_attempts` }),
    fail: jobTransition({
      from: 'PROCESSING',
      to: 'FAILED',
      where: `${guard} AND attempt >= max_attempts`,
      set: { error: `'attempts_exhausted'` },
    }),
  };
}

/** Finds and ends leases whose worker is gone. */
@Injectable()
export class ReconciliationRepository {
  constructor(private readonly database: Database) {}

  /** Returns all running leases, or null while another process reads them. */
  async findRunningLeases(): Promise<LeaseSnapshot | null> {
    return this.database.transaction(async (runner) => {
      if (!(await tryLock(runner, 'reconcile'))) return null;
      const leases = await rowsOf<RunningLease>(
        runner,
        `SELECT id AS "jobId", lease_token AS token, lease_until::text AS "leaseUntil",
                lease_until < clock_timestamp() AS "isExpired", ${OWNER_LOCK_FREE} AS "isOwnerLockFree"
         FROM conversion_jobs WHERE status = 'PROCESSING'`,
      );
      const [clock] = await rowsOf<{ now: string }>(runner, 'SELECT clock_timestamp()::text AS now');
      return { databaseTime: clock?.now ?? '', leases };
    });
  }

  /** Ends one lease: the job is PENDING and due now, or FAILED if no attempt is left. Returns false if nothing changed. */
  async endLease({ jobId, token, reason, databaseTime, leaseUntil }: EndLease): Promise<boolean> {
    const { requeue, fail } = END[reason];
    for (const statement of [requeue, fail]) {
      const ended = await this.database.rows(statement, [jobId, token, databaseTime, leaseUntil]);
      if (ended.length === 1) return true;
    }
    return false;
  }
}
