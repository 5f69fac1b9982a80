import { setTimeout as sleep } from 'node:timers/promises';
import type { QueryRunner } from 'typeorm';

/** While a change waits for its lock, every later statement on the table waits behind it. */
const LOCK_TIMEOUT_MS = 500;
const PAUSE_MS = 2_000;
const GIVE_UP_AFTER_MS = 30 * 60_000;
const BATCH = 5_000;
const LOCK_NOT_AVAILABLE = '55P03';

/**
 * Runs a change that locks a table for a moment, in a transaction of its own. If a long transaction, such as a backup,
 * is in the way, the change steps back and tries again, so that the running processes never wait for longer than half a
 * second. Throws after half an hour.
 */
export async function changeWithShortLock(runner: QueryRunner, ...statements: readonly string[]): Promise<void> {
  for (const startedAt = performance.now(); ;) {
    try {
      return await changeOnce(runner, statements);
    } catch (error) {
      if (!isLockTimeout(error) || performance.now() - startedAt > GIVE_UP_AFTER_MS) throw error;
      await sleep(PAUSE_MS);
    }
  }
}

/** Builds an index while the table is written to. Replaces an index that an interrupted build left. */
export async function createIndexOnline(runner: QueryRunner, name: string, definition: string): Promise<void> {
  await runner.query(`DROP INDEX CONCURRENTLY IF EXISTS ${name}`);
  await runner.query(`CREATE INDEX CONCURRENTLY ${name} ON ${definition}`);
}

/**
 * Updates all rows for which `$1` is one of their ids, in short transactions. `statement` gets the ids of a batch.
 * Rows that are locked are left to the next round, so that no process deadlocks with a batch.
 */
export async function updateInBatches(
  runner: QueryRunner,
  { table, where, statement }: { readonly table: string; readonly where: string; readonly statement: string },
): Promise<void> {
  const batch = `SELECT id FROM ${table} WHERE ${where} AND id > $1 ORDER BY id LIMIT ${BATCH} FOR NO KEY UPDATE SKIP LOCKED`;
  const isDone = async (): Promise<boolean> =>
    ((await runner.query(`SELECT FROM ${table} WHERE ${where} LIMIT 1`)) as unknown[]).length === 0;
  while (!(await isDone())) {
    let last: string | undefined = '00000000-0000-0000-0000-000000000000';
    while (last !== undefined) {
      await runner.startTransaction();
      const rows = (await runner.query(batch, [last])) as { id: string }[];
      if (rows.length > 0) await runner.query(statement, [rows.map(({ id }) => id)]);
      await runner.commitTransaction();
      last = rows.at(-1)?.id;
    }
  }
}

async function changeOnce(runner: QueryRunner, statements: readonly string[]): Promise<void> {
  await runner.startTransaction();
  try {
    await runner.query(`SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`);
    for (const statement of statements) await runner.query(statement);
    await runner.commitTransaction();
  } catch (error) {
    await runner.rollbackTransaction();
    throw error;
  }
}

function isLockTimeout(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === LOCK_NOT_AVAILABLE;
}
