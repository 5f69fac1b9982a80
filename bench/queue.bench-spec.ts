import { Database, DatabaseEnv, createDataSource, runMigrations } from '@app/database';
import { ExplainingDatabase, OwnDatabase, fillBacklog, type StatisticsAge } from '@app/testing';
import { Logger } from '@nestjs/common';
import { afterAll, describe, expect, it } from 'vitest';
import { median, report } from './support/figures.js';
import { picksBesideOldSnapshot } from './support/old-snapshot.js';
import { measureStatements, type StatementFigure, type StatementFigures } from './support/queue-operations.js';
import { dispatchRate } from './support/simulated-workers.js';

interface Size {
  readonly waiting: number;
  readonly done: number;
}

/** `--large` takes long, and gigabytes of disk. */
const IS_LARGE = process.env['BENCH_LARGE'] === '1';
const LARGE = 1_000_000;
const SMALLEST: Size = { waiting: 1_000, done: 1_000 };
const SIZES: readonly Size[] = [
  SMALLEST,
  { waiting: 10_000, done: 100_000 },
  { waiting: 100_000, done: IS_LARGE ? LARGE : 100_000 },
  ...(IS_LARGE ? [{ waiting: LARGE, done: LARGE }] : []),
];
const LARGEST = SIZES.at(-1) ?? SMALLEST;
const USERS = [1, 100, 10_000, 100_000];
const STATISTICS: readonly Exclude<StatisticsAge, 'of-a-burst'>[] = ['stale', 'fresh'];
const ROUNDS = 9;
const FILLING = { connectMs: 3_000, queryMs: 30 * 60_000 };
const MOST_PICK_MS = 50;
/** The cost at the largest size is at most this multiple of the cost at the smallest. */
const MOST_GROWTH = 2;
const SNAPSHOT_JOBS = 25_000;

const CASES = SIZES.flatMap((size) =>
  [...new Set(USERS.map((users) => Math.min(users, size.waiting)))].map((users) => ({ ...size, users })),
);

async function withBacklog(
  backlog: Size & { users: number },
  work: (env: DatabaseEnv) => Promise<void>,
): Promise<void> {
  const own = await OwnDatabase.start();
  const env = Object.assign(new DatabaseEnv(), { DATABASE_URL: own.url });
  try {
    await runMigrations(env);
    await withFiller(env, (filler) => fillBacklog(filler, backlog, 'stale'));
    await work(env);
  } finally {
    await own.remove();
  }
}

async function withFiller(env: DatabaseEnv, work: (filler: Database) => Promise<unknown>): Promise<void> {
  const filler = new Database(createDataSource(env, FILLING));
  await work(filler);
  await filler.onApplicationShutdown();
}

describe('statements', () => {
  const measured = new Map<string, StatementFigures>();
  const keyOf = ({ waiting }: Size, users: number, statistics: StatisticsAge): string =>
    `${waiting} ${Math.min(users, waiting)} ${statistics}`;

  it.each(CASES)('$waiting waiting and $done done jobs of $users users', async (backlog) => {
    await withBacklog(backlog, async (env) => {
      for (const statistics of STATISTICS) {
        if (statistics === 'fresh') {
          await withFiller(env, (filler) => filler.rows('VACUUM ANALYZE conversion_jobs, users'));
        }
        const database = new ExplainingDatabase(env);
        const figures = await measureStatements(database, ROUNDS);
        await database.onApplicationShutdown();
        measured.set(keyOf(backlog, backlog.users, statistics), figures);
        const { waiting, done, users } = backlog;
        const title = `${waiting} waiting and ${done} done jobs of ${users} users, ${statistics} statistics`;
        report(`${title}: ms with EXPLAIN, rows and pages read, indexes`, table(figures));
        expect(msOf(figures, 'pick')).toBeLessThanOrEqual(MOST_PICK_MS);
      }
    });
  });

  afterAll(() => {
    const growth = new Map<string, Growth>();
    for (const users of USERS) {
      for (const statistics of STATISTICS) {
        const [small, large] = [SMALLEST, LARGEST].map((size) => measured.get(keyOf(size, users, statistics)));
        for (const [name, figure] of large ?? []) addGrowth(growth, name, small?.get(name), figure);
      }
    }
    report(
      `Cost at ${LARGEST.waiting} waiting jobs ÷ cost at ${SMALLEST.waiting}, the most of all users and statistics: ms, rows, pages`,
      Object.fromEntries(
        [...growth].map(([name, figures]) => [name, figures.map((figure) => figure.toFixed(2).padStart(6)).join(' ')]),
      ),
    );
    for (const [name, [, rows, pages]] of growth) {
      expect([name, Math.max(rows, pages) <= MOST_GROWTH]).toEqual([name, true]);
    }
  });
});

type Growth = readonly [ms: number, rows: number, pages: number];

function addGrowth(
  growth: Map<string, Growth>,
  name: string,
  before: StatementFigure | undefined,
  { ms, plan }: StatementFigure,
): void {
  if (before === undefined) return;
  const [mostMs, mostRows, mostPages] = growth.get(name) ?? [0, 0, 0];
  growth.set(name, [
    Math.max(mostMs, ratio(median(ms), median(before.ms))),
    Math.max(mostRows, ratio(plan.rowsRead, before.plan.rowsRead)),
    Math.max(mostPages, ratio(plan.pagesRead, before.plan.pagesRead)),
  ]);
}

function table(figures: StatementFigures): Record<string, string> {
  const line = ({ ms, plan }: StatementFigure): string => {
    const numbers = [median(ms).toFixed(1), String(Math.round(plan.rowsRead)), String(plan.pagesRead)];
    return `${numbers.map((number) => number.padStart(6)).join(' ')}  ${plan.indexes.join(' ').replaceAll('conversion_jobs_', '')}`;
  };
  return Object.fromEntries([...figures].map(([name, figure]) => [name, line(figure)]));
}

function msOf(figures: StatementFigures, name: string): number {
  return median(figures.get(name)?.ms ?? []);
}

/** From nothing to one row is no growth, and neither is less than a millisecond. */
function ratio(after: number, before: number): number {
  return Math.max(after, 1) / Math.max(before, 1);
}

it('rate of dispatch, claim and finish with simulated workers of four slots', async () => {
  Logger.overrideLogger(false);
  await withBacklog({ waiting: 100_000, done: 100_000, users: 100 }, async (env) => {
    const rates: Record<string, number> = {};
    for (const workers of [1, 8, 24])
      rates[`${workers} workers, jobs a second`] = await dispatchRate(env, workers, 1_000);
    report('100000 waiting jobs of 100 users', rates);
    expect(Math.min(...Object.values(rates))).toBeGreaterThan(0);
  });
});

it(`picks while a snapshot stays open, as of a dump, during ${SNAPSHOT_JOBS} jobs`, async () => {
  await withBacklog({ waiting: 100_000, done: 100_000, users: 100 }, async (env) => {
    const figures = await picksBesideOldSnapshot(env, SNAPSHOT_JOBS);
    report('A pick beside an old snapshot: ms with EXPLAIN, rows and pages read', figures);
  });
});
