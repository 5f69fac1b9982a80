import type { QueryRunner } from 'typeorm';
import { rowsOf } from './database.js';

/** Transaction-level advisory locks: each names work that one process at a time may do. */
export const ADVISORY_LOCKS = {
  dispatch: 7_203_001,
  reconcile: 7_203_003,
} as const;

export type AdvisoryLock = keyof typeof ADVISORY_LOCKS;

const LOCK_TIMEOUT_MS = 2_000;
const IDLE_TIMEOUT_MS = 3_000;
const LIMITS = `set_config('lock_timeout', $1, true), set_config('idle_in_transaction_session_timeout', $2, true)`;
const LIMIT_VALUES = [String(LOCK_TIMEOUT_MS), String(IDLE_TIMEOUT_MS)];

/** Transactions under these locks can be lost if the database server crashes: their commits do not wait for its disk. */
const REPEATABLE: ReadonlySet<AdvisoryLock> = new Set(['dispatch']);

/** Waits for the lock, within a bound. A process that freezes while it holds it loses its transaction after seconds. */
export async function takeLock(runner: QueryRunner, lock: AdvisoryLock): Promise<void> {
  const commit = REPEATABLE.has(lock) ? `, set_config('synchronous_commit', 'off', true)` : '';
  // One round trip: the subquery sets the limits before the lock is taken.
  await rowsOf(runner, `SELECT pg_advisory_xact_lock($3) FROM (SELECT ${LIMITS}${commit} OFFSET 0) AS limits`, [
    ...LIMIT_VALUES,
    ADVISORY_LOCKS[lock],
  ]);
}

/** Takes the lock if it is free. */
export async function tryLock(runner: QueryRunner, lock: AdvisoryLock): Promise<boolean> {
  await rowsOf(runner, `SELECT ${LIMITS}`, LIMIT_VALUES);
  const [row] = await rowsOf<{ taken: boolean }>(runner, 'SELECT pg_try_advisory_xact_lock($1) AS taken', [
    ADVISORY_LOCKS[lock],
  ]);
  return row?.taken ?? false;
}

/** Matches rows of pg_locks: the session lock of one bigint of this database, which shows there as its two halves. */
export function isSessionLockOf(number: string): string {
  return `locktype = 'advisory' AND granted AND objsubid = 1
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND classid::bigint = ${number} >> 32 AND objid::bigint = ${number} & 4294967295`;
}
