import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Jobs1764200000000 implements MigrationInterface {
  readonly name = 'Jobs1764200000000';

  async up(runner: QueryRunner): Promise<void> {
    await createRateLimits(runner);
    await createObjectSweep(runner);
    await runner.query(`
      ALTER TABLE conversion_jobs
        ADD COLUMN changed_at timestamptz NOT NULL DEFAULT now(),
        ADD COLUMN uncounted_attempts integer NOT NULL DEFAULT 0,
        ADD COLUMN error_params jsonb`);
    await replaceIndexes(runner, ['waiting', 'dispatched', 'finished'], NEW_INDEXES);
    await runner.query(`
      CREATE TABLE workers (
        owner bigint CONSTRAINT workers_pkey PRIMARY KEY,
        slots integer NOT NULL,
        seen_at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query('CREATE INDEX outbox_created_idx ON outbox (created_at)');
    await runner.query(`
      UPDATE outbox AS event
      SET topic = 'conversion.finished',
          payload = event.payload -> 'data' || jsonb_build_object('revision', coalesce(
            (SELECT revision FROM conversion_jobs WHERE id = (event.payload -> 'data' ->> 'job_id')::uuid), 1))
      WHERE topic = 'mp3'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE object_sweep');
    await runner.query('DROP TABLE rate_limits');
    await runner.query(`
      UPDATE outbox
      SET topic = 'mp3',
          payload = jsonb_build_object('id', id, 'type', topic, 'version', 1,
            'occurred_at', to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
            'data', payload - 'revision')
      WHERE topic = 'conversion.finished'`);
    await runner.query('DROP INDEX outbox_created_idx');
    await runner.query('DROP TABLE workers');
    await replaceIndexes(runner, ['fresh', 'returned', 'finished'], OLD_INDEXES);
    await runner.query(
      'ALTER TABLE conversion_jobs DROP COLUMN changed_at, DROP COLUMN uncounted_attempts, DROP COLUMN error_params',
    );
  }
}

type Indexes = Readonly<Record<string, string>>;

const NEW_INDEXES: Indexes = {
  fresh: `(user_id, created_at) WHERE status = 'PENDING' AND dispatched_at IS NULL AND attempt = 0`,
  returned: `(user_id, dispatch_after) WHERE status = 'PENDING' AND dispatched_at IS NULL AND attempt > 0`,
  finished: '(finished_at) WHERE finished_at IS NOT NULL',
};

const OLD_INDEXES: Indexes = {
  waiting: `(user_id, dispatch_after) WHERE status = 'PENDING' AND dispatched_at IS NULL`,
  dispatched: '(dispatched_at)',
  finished: '(finished_at)',
};

async function replaceIndexes(runner: QueryRunner, dropped: readonly string[], created: Indexes): Promise<void> {
  for (const name of dropped) await runner.query(`DROP INDEX conversion_jobs_${name}_idx`);
  for (const [name, definition] of Object.entries(created)) {
    await runner.query(`CREATE INDEX conversion_jobs_${name}_idx ON conversion_jobs ${definition}`);
  }
}

/** Unlogged: a crash of the database may reset the counters, and in return they cost no write-ahead log. */
async function createRateLimits(runner: QueryRunner): Promise<void> {
  await runner.query(`
    CREATE UNLOGGED TABLE rate_limits (
      key bytea CONSTRAINT rate_limits_pkey PRIMARY KEY,
      full_at timestamptz NOT NULL
    )`);
  await runner.query('CREATE INDEX rate_limits_full_at_idx ON rate_limits (full_at)');
}

/** One row: the identity that the store must carry too, and the progress of the sweep through its objects. */
async function createObjectSweep(runner: QueryRunner): Promise<void> {
  await runner.query(`
    CREATE TABLE object_sweep (
      is_only_row boolean CONSTRAINT object_sweep_pkey PRIMARY KEY DEFAULT true
        CONSTRAINT object_sweep_is_only_row_check CHECK (is_only_row),
      identity uuid NOT NULL DEFAULT gen_random_uuid(),
      is_adopting boolean NOT NULL DEFAULT false,
      next_slice integer NOT NULL DEFAULT 0,
      next_slice_at timestamptz NOT NULL DEFAULT now(),
      seen integer NOT NULL DEFAULT 0,
      removed integer NOT NULL DEFAULT 0,
      held_back integer NOT NULL DEFAULT 0,
      confirmed_at timestamptz
    )`);
  await runner.query('INSERT INTO object_sweep DEFAULT VALUES');
}
