import type { QueryRunner } from 'typeorm';
import { rowsOf } from '../connection/database.js';

export interface LockedSource {
  readonly id: string;
  readonly key: string;
  readonly isExpired: boolean;
}

/** Locks in one order, so that two transactions with several sources cannot deadlock. */
const LOCK = `SELECT id, key, expired_at IS NOT NULL AS "isExpired" FROM sources
  WHERE id IN (SELECT source_id FROM conversion_jobs WHERE id = ANY ($1::uuid[]) AND user_id = $2) ORDER BY id`;

/** Locks the sources of a user's jobs against removal and expiry, until the transaction ends. */
export async function shareSources(
  runner: QueryRunner,
  jobIds: readonly string[],
  userId: number,
): Promise<LockedSource[]> {
  return rowsOf<LockedSource>(runner, `${LOCK} FOR SHARE`, [jobIds, userId]);
}

/**
 * Locks the sources of a user's jobs for their removal. Callers must read the other jobs of these sources in a later
 * statement: only that one sees the jobs that were added while this one waited for the lock.
 */
export async function claimSources(
  runner: QueryRunner,
  jobIds: readonly string[],
  userId: number,
): Promise<LockedSource[]> {
  return rowsOf<LockedSource>(runner, `${LOCK} FOR UPDATE`, [jobIds, userId]);
}
