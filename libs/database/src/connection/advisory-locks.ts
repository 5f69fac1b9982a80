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

/** Waits for the lock, within a bound. A process that freezes while it holds it loses its transaction after seconds. */
export async function takeLock(runner: QueryRunner, lock: AdvisoryLock): Promise<void> {
  await boundTransaction(runner);
  await rowsOf(runner, 'SELECT pg_advisory_xact_lock($1)', [ADVISORY_LOCKS[lock]]);
}

/** Takes the lock if it is free. */
export async function tryLock(runner: QueryRunner, lock: AdvisoryLock): Promise<boolean> {
  await boundTransaction(runner);
  const [row] = await rowsOf<{ taken: boolean }>(runner, 'SELECT pg_try_advisory_xact_lock($1) AS taken', [
    ADVISORY_LOCKS[lock],
  ]);
  return row?.taken ?? false;
}

async function boundTransaction(runner: QueryRunner): Promise<void> {
  await rowsOf(
    runner,
    `SELECT set_config('lock_timeout', $1, true), set_config('idle_in_transaction_session_timeout', $2, true)`,
    [String(LOCK_TIMEOUT_MS), String(IDLE_TIMEOUT_MS)],
  );
}

/** Matches rows of pg_locks: the session lock of one bigint of this database, which shows there as its two halves. */
export function isSessionLockOf(number: string): string {
  return `locktype = 'advisory' AND granted AND objsubid = 1
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND classid::bigint = ${number} >> 32 AND objid::bigint = ${number} & 4294967295`;
}
