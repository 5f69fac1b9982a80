import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateTables1763700000000 implements MigrationInterface {
  readonly name = 'CreateTables1763700000000';

  async up(runner: QueryRunner): Promise<void> {
    await createUsers(runner);
    await createConversionJobs(runner);
    await createOutbox(runner);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE outbox');
    await runner.query('DROP TABLE conversion_jobs');
    await runner.query('DROP TABLE users');
  }
}

async function createUsers(runner: QueryRunner): Promise<void> {
  await runner.query(`
    CREATE TABLE users (
      id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT users_pkey PRIMARY KEY,
      username text NOT NULL,
      email text,
      password_hash text NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now()
    )`);
  await runner.query('CREATE UNIQUE INDEX users_username_key ON users (lower(username))');
  await runner.query('CREATE UNIQUE INDEX users_email_key ON users (lower(email))');
}

async function createConversionJobs(runner: QueryRunner): Promise<void> {
  await runner.query(`
    CREATE TABLE conversion_jobs (
      id uuid CONSTRAINT conversion_jobs_pkey PRIMARY KEY,
      user_id integer NOT NULL CONSTRAINT conversion_jobs_user_id_fkey REFERENCES users (id) ON DELETE CASCADE,
      source_key text NOT NULL,
      source_filename text NOT NULL,
      source_size bigint NOT NULL,
      source_format text NOT NULL,
      options jsonb NOT NULL DEFAULT '{}',
      output_key text,
      output_size bigint,
      output_sha256 text,
      duration_ms bigint,
      encoding text,
      status text NOT NULL DEFAULT 'PENDING',
      error text,
      progress smallint NOT NULL DEFAULT 0,
      revision integer NOT NULL DEFAULT 0,
      attempt integer NOT NULL DEFAULT 0,
      max_attempts integer NOT NULL,
      lease_token uuid,
      lease_owner bigint,
      lease_until timestamptz,
      dispatch_after timestamptz NOT NULL DEFAULT now(),
      dispatched_at timestamptz,
      request_id text,
      traceparent text,
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now(),
      started_at timestamptz,
      finished_at timestamptz,
      CONSTRAINT conversion_jobs_status_check CHECK (status IN ('PENDING', 'PROCESSING', 'DONE', 'FAILED', 'CANCELED')),
      CONSTRAINT conversion_jobs_lease_check CHECK ((status = 'PROCESSING') = (lease_token IS NOT NULL))
    ) WITH (fillfactor = 70)`); // Room in each page keeps the beat's updates heap-only.
  await runner.query('CREATE INDEX conversion_jobs_owner_idx ON conversion_jobs (user_id, created_at, id)');
  await runner.query(`CREATE INDEX conversion_jobs_waiting_idx ON conversion_jobs (user_id, dispatch_after)
    WHERE status = 'PENDING' AND dispatched_at IS NULL`);
  await runner.query(`CREATE INDEX conversion_jobs_out_idx ON conversion_jobs (dispatched_at, user_id)
    WHERE status = 'PENDING' AND dispatched_at IS NOT NULL`);
  await runner.query(`CREATE INDEX conversion_jobs_running_idx ON conversion_jobs (id) WHERE status = 'PROCESSING'`);
  await runner.query('CREATE INDEX conversion_jobs_dispatched_idx ON conversion_jobs (dispatched_at)');
  await runner.query('CREATE INDEX conversion_jobs_finished_idx ON conversion_jobs (finished_at)');
}

async function createOutbox(runner: QueryRunner): Promise<void> {
  await runner.query(`
    CREATE TABLE outbox (
      id uuid CONSTRAINT outbox_pkey PRIMARY KEY,
      topic text NOT NULL,
      payload jsonb NOT NULL,
      correlation_id text,
      traceparent text,
      attempts integer NOT NULL DEFAULT 0,
      created_at timestamptz NOT NULL DEFAULT now(),
      available_at timestamptz NOT NULL DEFAULT now()
    )`);
  await runner.query('CREATE INDEX outbox_available_idx ON outbox (available_at)');
}
