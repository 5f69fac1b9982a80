import type { Database } from '@app/database';

export interface Backlog {
  readonly done: number;
  readonly waiting: number;
  readonly users: number;
  /** The number of waiting jobs that ran before and are due again. */
  readonly returned?: number;
  readonly running?: number;
}

/** The time at which the statistics of the planner were collected. */
export type StatisticsAge = 'stale' | 'fresh' | 'of-a-burst';

const COLUMNS = `id, user_id, source_id, source_key, source_filename, source_size, source_format, max_attempts, created_at`;
const SOURCE = `(SELECT id FROM sources), 'source/x', 'clip.mp4', 1, 'mp4', 5`;

/**
 * Fills an empty, migrated database with jobs. `stale`: the statistics were collected when no job was waiting;
 * `of-a-burst`: when there were only waiting jobs.
 */
export async function fillBacklog(database: Database, backlog: Backlog, statistics: StatisticsAge): Promise<void> {
  await database.rows(`ALTER TABLE conversion_jobs SET (autovacuum_enabled = false)`);
  await database.rows(
    `INSERT INTO users (username, password_hash) SELECT 'backlog-' || n, 'x' FROM generate_series(1, $1) AS n`,
    [backlog.users],
  );
  await database.rows(
    `INSERT INTO sources (id, user_id, key, filename, size, format)
     SELECT gen_random_uuid(), min(id), 'source/x', 'clip.mp4', 1, 'mp4' FROM users`,
  );
  const steps = [() => insertDone(database, backlog), () => insertWaiting(database, backlog)];
  if (statistics === 'of-a-burst') steps.reverse();
  await steps[0]?.();
  if (statistics !== 'fresh') await database.rows('VACUUM ANALYZE conversion_jobs, users');
  await steps[1]?.();
  if (statistics === 'fresh') await database.rows('VACUUM ANALYZE conversion_jobs, users');
}

/** Selects the users in turn. */
const user = (count: number): string => `(SELECT min(id) FROM users) + (n % ${count})`;

async function insertDone(database: Database, { done, users }: Backlog): Promise<void> {
  await database.rows(
    `INSERT INTO conversion_jobs (${COLUMNS}, status, attempt, dispatched_at, started_at, finished_at, output_key)
     SELECT gen_random_uuid(), ${user(users)}, ${SOURCE}, at, 'DONE', 1, at + interval '1 s', at + interval '2 s', at + interval '3 s', 'output/x'
     FROM generate_series(1, $1::int) AS n, LATERAL (SELECT now() - interval '1 hour' - n * interval '2 s' AS at) AS time`,
    [done],
  );
}

async function insertWaiting(
  database: Database,
  { waiting, users, returned = 0, running = 0 }: Backlog,
): Promise<void> {
  await database.rows(
    `INSERT INTO conversion_jobs (${COLUMNS}, dispatch_after, attempt)
     SELECT gen_random_uuid(), ${user(users)}, ${SOURCE}, at, at, CASE WHEN n <= $2 THEN 1 ELSE 0 END
     FROM generate_series(1, $1::int) AS n, LATERAL (SELECT now() - interval '1 hour' + n * interval '1 ms' AS at) AS time`,
    [waiting, returned],
  );
  await database.rows(
    `INSERT INTO conversion_jobs (${COLUMNS}, status, attempt, dispatched_at, started_at, lease_token, lease_owner, lease_until)
     SELECT gen_random_uuid(), ${user(users)}, ${SOURCE}, now(), 'PROCESSING', 1, now(), now(), gen_random_uuid(), 1, now() + interval '15 s'
     FROM generate_series(1, $1::int) AS n`,
    [running],
  );
}
