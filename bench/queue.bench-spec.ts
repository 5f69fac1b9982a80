import { Database, DatabaseEnv, createDataSource, runMigrations } from '@app/database';
import { ExplainingDatabase, OwnDatabase, fillBacklog, type StatisticsAge } from '@app/testing';
import { Logger } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { median, report } from './support/figures.js';
import { measureStatements } from './support/queue-operations.js';
import { dispatchRate } from './support/simulated-workers.js';

/** `--large` takes minutes and 2 GB of disk. */
const IS_LARGE = process.env['BENCH_LARGE'] === '1';
const SIZES = [1_000, 10_000, 100_000, ...(IS_LARGE ? [1_000_000] : [])];
const USERS = [1, 100, 10_000, 100_000];
const STATISTICS: readonly StatisticsAge[] = ['stale', 'fresh'];
const ROUNDS = 5;
const FILLING = { connectMs: 3_000, queryMs: 30 * 60_000 };
const MOST_PICK_MS = 50;

const CASES = SIZES.flatMap((waiting) =>
  USERS.filter((users) => users <= waiting).flatMap((users) =>
    STATISTICS.map((statistics) => ({ waiting, users, statistics })),
  ),
);

async function withBacklog(backlog: (typeof CASES)[number], work: (env: DatabaseEnv) => Promise<void>): Promise<void> {
  const own = await OwnDatabase.start();
  const env = Object.assign(new DatabaseEnv(), { DATABASE_URL: own.url });
  try {
    await runMigrations(env);
    const filler = new Database(createDataSource(env, FILLING));
    await fillBacklog(filler, { ...backlog, done: IS_LARGE ? 1_000_000 : 100_000 }, backlog.statistics);
    await filler.onApplicationShutdown();
    await work(env);
  } finally {
    await own.remove();
  }
}

describe('statements', () => {
  it.each(CASES)('$waiting waiting jobs of $users users, $statistics statistics', async (backlog) => {
    await withBacklog(backlog, async (env) => {
      const database = new ExplainingDatabase(env);
      const figures = await measureStatements(database, ROUNDS);
      await database.onApplicationShutdown();
      const { waiting, users, statistics } = backlog;
      report(
        `${waiting} waiting jobs of ${users} users, ${statistics} statistics: ms with EXPLAIN, rows read, indexes`,
        Object.fromEntries(
          [...figures].map(([name, { ms, plan }]) => [
            name,
            `${median(ms).toFixed(1).padStart(6)} ${String(Math.round(plan.rowsRead)).padStart(6)}  ${plan.indexes.join(' ').replaceAll('conversion_jobs_', '')}`,
          ]),
        ),
      );
      expect(median(figures.get('pick')?.ms ?? [])).toBeLessThanOrEqual(MOST_PICK_MS);
    });
  });
});

it('rate of dispatch, claim and finish with simulated workers of four slots', async () => {
  Logger.overrideLogger(false);
  await withBacklog({ waiting: 100_000, users: 100, statistics: 'stale' }, async (env) => {
    const rates: Record<string, number> = {};
    for (const workers of [1, 8, 24])
      rates[`${workers} workers, jobs a second`] = await dispatchRate(env, workers, 1_000);
    report('100000 waiting jobs of 100 users', rates);
    expect(Math.min(...Object.values(rates))).toBeGreaterThan(0);
  });
});
