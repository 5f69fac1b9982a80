import { Injectable } from '@nestjs/common';
import { isSessionLockOf, tryLock } from '../connection/advisory-locks.js';
import { Database, rowsOf } from '../connection/database.js';
import { jobTransition } from './job-transition.js';
import type { Lease } from './lease.repository.js';

export interface RunningLease extends Lease {
  readonly isExpired: boolean;
  /** Whether the session advisory lock of the lease's owner is held. */
  readonly isOwnerAlive: boolean;
}

export interface LeaseSnapshot {
  /** The database's clock when it answered, at its own precision. */
  readonly databaseTime: string;
  readonly leases: RunningLease[];
}

/** Why a lease can be ended. */
export type EndReason = 'owner_dead' | 'lease_expired';

export interface EndLease extends Lease {
  readonly reason: EndReason;
  /** The database time of the caller's previous answer. */
  readonly databaseTime: string;
}

/** A statement that was stuck in a frozen database runs after the thaw: what it was based on is out of date by then. */
const STALE_SECONDS = 3;

const OWNER_ALIVE = `EXISTS (SELECT 1 FROM pg_locks WHERE ${isSessionLockOf('lease_owner')})`;

const IS_STILL_SO: Readonly<Record<EndReason, string>> = {
  owner_dead: `NOT ${OWNER_ALIVE}`,
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
  const guard = `id = $1 AND lease_token = $2 AND ${IS_STILL_SO[reason]} AND ${isFresh}`;
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

/** Finds and ends the leases that no worker keeps. */
@Injectable()
export class ReconciliationRepository {
  constructor(private readonly database: Database) {}

  /** Returns all running leases, or null while another process reads them. */
  async findRunningLeases(): Promise<LeaseSnapshot | null> {
    return this.database.transaction(async (runner) => {
      if (!(await tryLock(runner, 'reconcile'))) return null;
      const leases = await rowsOf<RunningLease>(
        runner,
        `SELECT id AS "jobId", lease_token AS token, lease_until < clock_timestamp() AS "isExpired",
                ${OWNER_ALIVE} AS "isOwnerAlive"
         FROM conversion_jobs WHERE status = 'PROCESSING'`,
      );
      const [clock] = await rowsOf<{ now: string }>(runner, 'SELECT clock_timestamp()::text AS now');
      return { databaseTime: clock?.now ?? '', leases };
    });
  }

  /** Ends one lease: the job is PENDING and due now, or FAILED if no attempt is left. Returns false if nothing changed. */
  async endLease({ jobId, token, reason, databaseTime }: EndLease): Promise<boolean> {
    const { requeue, fail } = END[reason];
    for (const statement of [requeue, fail]) {
      const ended = await this.database.rows(statement, [jobId, token, databaseTime]);
      if (ended.length === 1) return true;
    }
    return false;
  }
}
