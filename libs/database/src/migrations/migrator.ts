import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource, QueryRunner } from 'typeorm';
import { createDataSource } from '../connection/data-source.js';
import type { DatabaseEnv } from '../connection/database.env.js';
import { setupProblem } from '../connection/setup-problem.js';

/** A migration may rewrite a large table; it still must not wait for ever. */
const MIGRATION_TIMEOUTS = { connectMs: 3_000, queryMs: 30 * 60_000 };
const MIGRATION_LOCK = 7_203_000;
const LOCK_PAUSE_MS = 100;

/** Applies the missing migrations, one caller at a time, and returns their names. */
export async function runMigrations(env: DatabaseEnv): Promise<string[]> {
  return withLockedDataSource(env, async (dataSource) => {
    const applied = await dataSource.runMigrations({ transaction: 'each' });
    return applied.map(({ name }) => name);
  });
}

/** Undoes the newest migration. */
export async function revertMigration(env: DatabaseEnv): Promise<void> {
  await withLockedDataSource(env, (dataSource) => dataSource.undoLastMigration({ transaction: 'each' }));
}

export interface Statement {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

/** The statements that would make the schema match the entities, and those that would undo it. Empty if they match. */
export interface SchemaDrift {
  readonly up: readonly Statement[];
  readonly down: readonly Statement[];
}

export async function schemaDrift(env: DatabaseEnv): Promise<SchemaDrift> {
  return withLockedDataSource(env, async (dataSource) => {
    const { upQueries, downQueries } = await dataSource.driver.createSchemaBuilder().log();
    const statement = ({ query, parameters = [] }: { query: string; parameters?: unknown[] }): Statement => ({
      sql: query,
      parameters,
    });
    // Each of TypeORM's undoes its counterpart, so the last is the first to run.
    return { up: upQueries.map(statement), down: downQueries.map(statement).toReversed() };
  });
}

async function withLockedDataSource<T>(env: DatabaseEnv, work: (dataSource: DataSource) => Promise<T>): Promise<T> {
  try {
    return await locked(env, work);
  } catch (error) {
    throw setupProblem(error, env.connectionUrl);
  }
}

async function locked<T>(env: DatabaseEnv, work: (dataSource: DataSource) => Promise<T>): Promise<T> {
  const dataSource = await createDataSource(env, MIGRATION_TIMEOUTS).initialize();
  const runner = dataSource.createQueryRunner();
  try {
    // A lock of the transaction, not of the session: it also holds behind a transaction pooler.
    await runner.startTransaction();
    await takeLock(runner);
    return await work(dataSource);
  } finally {
    if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined);
    await runner.release();
    await dataSource.destroy();
  }
}

/**
 * Waits between statements: an index that is built concurrently waits for every snapshot that is in use. A statement
 * with parameters would keep its snapshot until the transaction ends.
 */
async function takeLock(runner: QueryRunner): Promise<void> {
  for (const startedAt = performance.now(); ; await sleep(LOCK_PAUSE_MS)) {
    const [lock] = (await runner.query(`SELECT pg_try_advisory_xact_lock(${MIGRATION_LOCK}) AS "isTaken"`)) as {
      isTaken: boolean;
    }[];
    if (lock?.isTaken === true) return;
    if (performance.now() - startedAt > MIGRATION_TIMEOUTS.queryMs)
      throw new Error('Other migrations are still running');
  }
}
