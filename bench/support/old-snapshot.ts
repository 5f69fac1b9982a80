import { Database, DispatchRepository, WorkerRepository, createDataSource, type DatabaseEnv } from '@app/database';
import { ExplainingDatabase } from '@app/testing';
import pg from 'pg';
import { median } from './figures.js';

const SLOTS = 98;
/** The slots and the two spare messages. */
const BATCH = SLOTS + 2;
const STEPS = 5;
const PICKS = 9;
const PATIENT = { connectMs: 30_000, queryMs: 120_000 };

/** Lets jobs run while a transaction keeps its snapshot, and returns what a pick costs at each step. */
export async function picksBesideOldSnapshot(env: DatabaseEnv, jobs: number): Promise<Record<string, string>> {
  const snapshot = new pg.Client({ connectionString: env.connectionUrl });
  // The server ends it if the benchmark fails.
  snapshot.on('error', () => undefined);
  await snapshot.connect();
  await snapshot.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
  await snapshot.query('SELECT FROM conversion_jobs LIMIT 1');
  const database = new Database(createDataSource(env, PATIENT));
  const figures: Record<string, string> = {};
  for (let done = 0; done <= jobs; done += jobs / STEPS) {
    if (done > 0) await runJobs(database, jobs / STEPS);
    figures[`after ${done} jobs`] = await pickCost(env, database);
  }
  await snapshot.end();
  await pickCost(env, database);
  figures['after the snapshot has closed'] = await pickCost(env, database);
  await database.rows('VACUUM conversion_jobs');
  figures['after a vacuum'] = await pickCost(env, database);
  await database.onApplicationShutdown();
  return figures;
}

/** The writes of a claim, a heartbeat and the end, for many jobs at once. */
const MOVES = [
  `status = 'PROCESSING', attempt = attempt + 1, lease_token = gen_random_uuid(), lease_owner = 1,
   lease_until = now() + interval '15 s', started_at = now()`,
  `lease_until = now() + interval '15 s', progress = 50`,
  `status = 'DONE', lease_token = NULL, lease_owner = NULL, lease_until = NULL, progress = 100, finished_at = now(),
   output_key = 'output/x', output_size = 1`,
];

async function runJobs(database: Database, count: number): Promise<void> {
  const dispatch = new DispatchRepository(database);
  let left = count;
  while (left > 0) {
    await new WorkerRepository(database).see('1', SLOTS);
    const picked = await dispatch.pick(Math.min(left, BATCH));
    if (picked.length === 0) throw new Error('Nothing was picked');
    const ids = picked.map(({ jobId }) => jobId);
    for (const move of MOVES) {
      await database.rows(
        `UPDATE conversion_jobs SET ${move}, revision = revision + 1, changed_at = now(), updated_at = now()
         WHERE id = ANY ($1)`,
        [ids],
      );
    }
    left -= picked.length;
  }
}

async function pickCost(env: DatabaseEnv, database: Database): Promise<string> {
  const explaining = new ExplainingDatabase(env, PATIENT);
  const dispatch = new DispatchRepository(explaining);
  await new WorkerRepository(database).see('1', 4);
  for (let i = 0; i < PICKS; i += 1) {
    const picked = await dispatch.pick(1);
    for (const dispatched of picked) await dispatch.undo(dispatched);
  }
  await explaining.onApplicationShutdown();
  const plans = explaining.plans.filter(({ sql }) => sql.includes('RECURSIVE'));
  const [ms, rows, pages] = [
    plans.map((plan) => plan.ms),
    plans.map((plan) => plan.rowsRead),
    plans.map((plan) => plan.pagesRead),
  ];
  return `${median(ms).toFixed(1)} ${median(rows)} ${median(pages)}`;
}
