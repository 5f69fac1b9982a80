import type { MigrationInterface, QueryRunner } from 'typeorm';
import { changeWithShortLock, createIndexOnline, updateInBatches } from './online-change.js';

/**
 * Gives each uploaded video a row of its own, which several jobs can share. The processes of the earlier version work
 * on meanwhile, so the steps are transactions of their own, and each can be repeated after an interruption.
 */
export class Sources1764500000000 implements MigrationInterface {
  readonly name = 'Sources1764500000000';
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await changeWithShortLock(runner, ...SOURCES, ...COLUMNS);
    await changeWithShortLock(runner, ...TRIGGER);
    await updateInBatches(runner, BACKFILL);
    await requireSource(runner);
    for (const [name, definition] of Object.entries(INDEXES)) await createIndexOnline(runner, name, definition);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TRIGGER conversion_jobs_source_trigger ON conversion_jobs');
    await runner.query('DROP FUNCTION add_source_of_job');
    for (const name of Object.keys(INDEXES)) await runner.query(`DROP INDEX ${name}`);
    await runner.query(`
      ALTER TABLE conversion_jobs
        DROP COLUMN source_id, DROP COLUMN source, DROP COLUMN warnings, DROP COLUMN output_expired_at`);
    await runner.query('DROP TABLE sources');
  }
}

const SOURCES = [
  `CREATE TABLE IF NOT EXISTS sources (
    id uuid CONSTRAINT sources_pkey PRIMARY KEY,
    user_id integer NOT NULL CONSTRAINT sources_user_id_fkey REFERENCES users (id) ON DELETE CASCADE,
    key text NOT NULL CONSTRAINT sources_key_key UNIQUE,
    filename text NOT NULL,
    size bigint NOT NULL,
    format text NOT NULL,
    sha256 text,
    expired_at timestamptz
  )`,
  'CREATE INDEX IF NOT EXISTS sources_owner_idx ON sources (user_id)',
];

const COLUMNS = [
  `ALTER TABLE conversion_jobs
    ADD COLUMN IF NOT EXISTS source_id uuid,
    ADD COLUMN IF NOT EXISTS source jsonb,
    ADD COLUMN IF NOT EXISTS warnings jsonb,
    ADD COLUMN IF NOT EXISTS output_expired_at timestamptz`,
];

/** The earlier version adds jobs without a source. The first job of a source gives it its id. */
const TRIGGER = [
  `CREATE OR REPLACE FUNCTION add_source_of_job() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    INSERT INTO sources (id, user_id, key, filename, size, format)
    VALUES (NEW.id, NEW.user_id, NEW.source_key, NEW.source_filename, NEW.source_size, NEW.source_format)
    ON CONFLICT (key) DO NOTHING;
    SELECT id INTO NEW.source_id FROM sources WHERE key = NEW.source_key;
    RETURN NEW;
  END $$`,
  `CREATE OR REPLACE TRIGGER conversion_jobs_source_trigger BEFORE INSERT ON conversion_jobs
    FOR EACH ROW WHEN (NEW.source_id IS NULL) EXECUTE FUNCTION add_source_of_job()`,
];

const BACKFILL = {
  table: 'conversion_jobs',
  where: 'source_id IS NULL',
  statement: `
    WITH batch AS (
      SELECT id, user_id, source_key, source_filename, source_size, source_format FROM conversion_jobs WHERE id = ANY ($1)
    ), added AS (
      INSERT INTO sources (id, user_id, key, filename, size, format)
      SELECT DISTINCT ON (source_key) * FROM batch ORDER BY source_key, id
      ON CONFLICT (key) DO UPDATE SET key = excluded.key RETURNING id, key
    )
    UPDATE conversion_jobs AS job SET source_id = added.id
    FROM added WHERE job.id = ANY ($1) AND added.key = job.source_key`,
};

/** A validated check lets SET NOT NULL skip its scan of the table under the lock. */
async function requireSource(runner: QueryRunner): Promise<void> {
  await changeWithShortLock(
    runner,
    'ALTER TABLE conversion_jobs DROP CONSTRAINT IF EXISTS conversion_jobs_source_id_check',
    'ALTER TABLE conversion_jobs ADD CONSTRAINT conversion_jobs_source_id_check CHECK (source_id IS NOT NULL) NOT VALID',
    'ALTER TABLE conversion_jobs DROP CONSTRAINT IF EXISTS conversion_jobs_source_id_fkey',
    `ALTER TABLE conversion_jobs ADD CONSTRAINT conversion_jobs_source_id_fkey
       FOREIGN KEY (source_id) REFERENCES sources (id) NOT VALID`,
  );
  await runner.query('ALTER TABLE conversion_jobs VALIDATE CONSTRAINT conversion_jobs_source_id_check');
  await runner.query('ALTER TABLE conversion_jobs VALIDATE CONSTRAINT conversion_jobs_source_id_fkey');
  await changeWithShortLock(
    runner,
    'ALTER TABLE conversion_jobs ALTER COLUMN source_id SET NOT NULL',
    'ALTER TABLE conversion_jobs DROP CONSTRAINT conversion_jobs_source_id_check',
  );
}

const INDEXES = {
  conversion_jobs_source_idx: 'conversion_jobs (source_id)',
  conversion_jobs_changed_idx: 'conversion_jobs (changed_at)',
  // The collation keeps statements about a status of all users away from this index: they have smaller ones.
  conversion_jobs_owner_status_idx: 'conversion_jobs (user_id, status COLLATE "C", created_at, id)',
};
