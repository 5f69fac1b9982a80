import { randomUUID } from 'node:crypto';
import { DatabaseFixture, waitFor } from '@app/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../connection/database.js';
import { revertMigration, runMigrations, schemaDrift } from './migrator.js';

const COLUMNS = 'id, user_id, source_key, source_filename, source_size, source_format, max_attempts';

describe('the migration that adds sources', () => {
  let fixture: DatabaseFixture;
  let userId: number;

  beforeAll(async () => {
    fixture = await DatabaseFixture.create();
    userId = (await fixture.aUser()).id;
  });
  afterAll(() => fixture.remove());

  /** As the earlier version adds a job. */
  async function anEarlierJob(id: string = randomUUID(), key = `source/${id}`): Promise<string> {
    await fixture.database.rows(`INSERT INTO conversion_jobs (${COLUMNS}) VALUES ($1, $2, $3, 'a.mp4', 7, 'mp4', 5)`, [
      id,
      userId,
      key,
    ]);
    return id;
  }

  async function expectSource(jobId: string, sourceId: string): Promise<void> {
    const [row] = await fixture.database.rows(
      `SELECT source.id, source.user_id, source.key, source.filename, source.size::int, source.format
       FROM conversion_jobs AS job JOIN sources AS source ON source.id = job.source_id WHERE job.id = $1`,
      [jobId],
    );
    expect(row).toEqual({
      id: sourceId,
      user_id: userId,
      key: `source/${sourceId}`,
      filename: 'a.mp4',
      size: 7,
      format: 'mp4',
    });
  }

  it('gives every job its source: earlier jobs, and those that the earlier version adds afterwards', async () => {
    await revertMigration(fixture.env);
    // More than a batch.
    await fixture.database.rows(
      `INSERT INTO conversion_jobs (${COLUMNS}) SELECT id, $1, 'source/' || id, 'a.mp4', 7, 'mp4', 5
       FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, 6000)) AS new`,
      [userId],
    );
    const first = await anEarlierJob();
    const sameKey = await anEarlierJob('ffffffff-ffff-4fff-8fff-ffffffffffff', `source/${first}`);
    await runMigrations(fixture.env);
    await expectSource(first, first);
    await expectSource(sameKey, first);
    const later = await anEarlierJob();
    await expectSource(later, later);
    const counts = await fixture.database.rows(`SELECT count(DISTINCT source_id)::int FROM conversion_jobs`);
    expect(counts).toEqual([{ count: 6002 }]);
  });

  it.each([
    ['before it recorded its end', []],
    [
      'while it built its indexes',
      ['DROP INDEX conversion_jobs_changed_idx', 'DROP INDEX conversion_jobs_owner_status_idx'],
    ],
    [
      'while it filled the column',
      [
        'DROP INDEX conversion_jobs_changed_idx, conversion_jobs_owner_status_idx, conversion_jobs_source_idx',
        'ALTER TABLE conversion_jobs DROP CONSTRAINT conversion_jobs_source_id_fkey',
        'ALTER TABLE conversion_jobs ALTER COLUMN source_id DROP NOT NULL',
        'UPDATE conversion_jobs SET source_id = NULL',
      ],
    ],
  ])('can be repeated if it was interrupted %s', async (_when, undone) => {
    const id = await anEarlierJob();
    for (const statement of undone) await fixture.database.rows(statement);
    await fixture.database.rows(`DELETE FROM migrations WHERE name LIKE 'Sources%'`);
    expect(await runMigrations(fixture.env)).toHaveLength(1);
    await expectSource(id, id);
    expect(await schemaDrift(fixture.env)).toEqual({ up: [], down: [] });
  });

  it('lets the running processes write while a backup is in the way', async () => {
    await revertMigration(fixture.env);
    const id = await anEarlierJob();
    let migration: Promise<string[]> | undefined;
    const writer = fixture.connect();
    await fixture.database.transaction(async (runner) => {
      await runner.query('LOCK TABLE conversion_jobs IN ACCESS SHARE MODE');
      migration = runMigrations(fixture.env);
      await waitFor(() => isWaitingForLock(writer), { what: 'the migration waits', intervalMs: 5 });
      await writer.rows('UPDATE conversion_jobs SET updated_at = now() WHERE id = $1', [id]);
    });
    expect(await migration).toHaveLength(1);
    await expectSource(id, id);
  });

  it('lets a user be deleted with everything', async () => {
    const other = await fixture.aUser();
    await fixture.aJob(other);
    await fixture.database.rows('DELETE FROM users WHERE id = $1', [other.id]);
    expect(await fixture.database.rows('SELECT FROM sources WHERE user_id = $1', [other.id])).toEqual([]);
  });
});

const MIGRATING = `datname = current_database() AND query ~ 'ALTER TABLE conversion_jobs'`;

async function isWaitingForLock(database: Database): Promise<boolean> {
  const waiting = `SELECT FROM pg_stat_activity WHERE ${MIGRATING} AND wait_event_type = 'Lock'`;
  return (await database.rows(waiting)).length > 0;
}
