import { randomUUID } from 'node:crypto';
import { createDatabase, DatabaseEnv, OwnerLock, runMigrations, type Database } from '@app/database';
import { PgBouncer, createTestDatabase, makeClip, testServices, waitFor } from '@app/testing';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { FaultScene } from './support/fault-scene.js';

const STARTUP_PARAMETERS = ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout'];

const envOf = (url: string, pooler: 'none' | 'transaction'): DatabaseEnv =>
  Object.assign(new DatabaseEnv(), { DATABASE_URL: url, DATABASE_POOLER: pooler });

describe.skipIf(testServices().pgbouncerPath === null)('behind PgBouncer in transaction mode', () => {
  let database: { url: string; drop: () => Promise<void> };
  let pooler: PgBouncer;
  let opened: Database[] = [];

  beforeAll(async () => {
    database = await createTestDatabase();
    pooler = await PgBouncer.start(database.url);
  });
  afterEach(async () => {
    for (const each of opened) await each.onApplicationShutdown();
    opened = [];
  });
  afterAll(async () => {
    await pooler?.stop();
    await database?.drop();
  });

  function connect(env: DatabaseEnv, queryMs = 60_000): Database {
    const connected = createDatabase(env, { timeouts: { connectMs: 10_000, queryMs } });
    opened.push(connected);
    return connected;
  }

  describe('a database client', () => {
    it('applies migrations, one caller at a time', async () => {
      const env = envOf(pooler.via(database.url), 'transaction');
      const applied = await Promise.all([runMigrations(env), runMigrations(env)]);
      expect(applied.flat().length).toBeGreaterThan(0);
      expect(new Set(applied.flat()).size).toBe(applied.flat().length);
    });

    it('sets its time limits in every transaction, and in none of others', async () => {
      const sut = connect(envOf(pooler.via(database.url), 'transaction'), 60_000);
      const limits = STARTUP_PARAMETERS.map((name) => `current_setting('${name}') AS ${name}`).join(', ');
      const expected = { statement_timeout: '48s', lock_timeout: '48s', idle_in_transaction_session_timeout: '1min' };
      expect(await sut.rows(`SELECT ${limits}`)).toEqual([expected]);
      const plain = new pg.Client({ connectionString: pooler.via(database.url) });
      await plain.connect();
      onTestFinished(() => plain.end());
      for (let i = 0; i < 20; i += 1) {
        const { rows } = await plain.query<Record<string, string>>(`SELECT ${limits}`);
        expect(rows[0]?.['statement_timeout']).toBe('0');
      }
    });

    it('has its statement ended by the server', async () => {
      const sut = connect(envOf(pooler.via(database.url), 'transaction'), 2_000);
      const id = randomUUID();
      await expect(sut.rows(`SELECT pg_sleep(600), '${id}'`)).rejects.toMatchObject({ code: 'database_unavailable' });
      const observer = connect(envOf(database.url, 'none'));
      const isOver = async (): Promise<boolean> =>
        (await observer.rows(`SELECT FROM pg_stat_activity WHERE state = 'active' AND query LIKE $1`, [`%'${id}'`]))
          .length === 0;
      await waitFor(isOver, { what: 'the end of the statement' });
    });

    it('says what to set if DATABASE_POOLER is missing', async () => {
      await expect(runMigrations(envOf(pooler.via(database.url), 'none'))).rejects.toMatchObject({
        code: 'configuration_invalid',
        message: expect.stringContaining('set DATABASE_POOLER=transaction') as string,
      });
    });
  });

  describe("a worker's lock", () => {
    function aLock(env: DatabaseEnv): { sut: OwnerLock; changes: boolean[]; errors: unknown[] } {
      const [changes, errors]: [boolean[], unknown[]] = [[], []];
      const sut = new OwnerLock(env, {
        onChange: (isHeld) => changes.push(isHeld),
        onError: (error) => errors.push(error),
      });
      onTestFinished(() => sut.stop());
      sut.start();
      return { sut, changes, errors };
    }

    it('does not exist, and the leases have no owner', async () => {
      const { sut, errors } = aLock(envOf(pooler.via(database.url), 'transaction'));
      await waitFor(() => sut.isHeld, { what: 'the connection' });
      expect([sut.leaseOwner, errors]).toEqual([null, []]);
      const observer = connect(envOf(database.url, 'none'));
      const locks = await observer.rows(
        `SELECT FROM pg_locks WHERE locktype = 'advisory' AND (classid::bigint << 32) + objid::bigint = $1::bigint`,
        [sut.owner],
      );
      expect(locks).toEqual([]);
    });

    it('is lost, not only unseen, when the pooler gives its session to others', async () => {
      const hidden = await PgBouncer.start(database.url, { poolSize: 2, ignored: STARTUP_PARAMETERS });
      onTestFinished(() => hidden.stop());
      const { sut, changes, errors } = aLock(envOf(hidden.via(database.url), 'none'));
      await waitFor(() => sut.isHeld, { what: 'the lock' });
      const hasChanged = (): boolean => errors.length > 0 || changes.includes(false);
      // Others keep one session after the other busy, so that the next question reaches another one.
      const changeSession = async (): Promise<boolean> => {
        const other = new pg.Client({ connectionString: hidden.via(database.url) });
        other.on('error', () => undefined);
        await other.connect();
        await other.query('BEGIN');
        await waitFor(hasChanged, { timeoutMs: 2_000, what: 'the change' }).catch(() => undefined);
        await other.end().catch(() => undefined);
        return hasChanged();
      };
      await waitFor(changeSession, { what: 'the change of the session' });
      expect(errors[0]).toMatchObject({
        code: 'configuration_invalid',
        message: expect.stringContaining('set DATABASE_POOLER=transaction') as string,
      });
    });
  });

  describe('the service', () => {
    let scene: FaultScene;
    let clip: string;

    beforeAll(async () => {
      const env = { DATABASE_URL: pooler.via(database.url), DATABASE_POOLER: 'transaction', MAX_ATTEMPTS: '3' };
      [clip, scene] = await Promise.all([
        makeClip({ container: 'mkv', codec: 'opus', sampleRate: 48_000, seconds: 60, video: false }),
        FaultScene.start({ databaseUrl: database.url, env }),
      ]);
    });
    afterAll(() => scene?.stop());

    const leaseOf = async (id: string) => {
      const [row] = await scene.rows.query<{ lease_owner: string | null; lease_until: Date }>(
        'SELECT lease_owner, lease_until FROM conversion_jobs WHERE id = $1',
        [id],
      );
      if (row === undefined) throw new Error('The job is gone');
      return row;
    };

    it('keeps the job of a living worker for longer than a lease, and converts it once', async () => {
      const { id } = await scene.startSlowJob(clip);
      const { lease_owner, lease_until: first } = await leaseOf(id);
      expect(lease_owner).toBeNull();
      await waitFor(async () => (await leaseOf(id)).lease_until.getTime() > first.getTime() + 20_000, {
        what: 'more than one lease',
      });
      await scene.ffmpeg.speedUp();
      await scene.expectDoneOnce(id);
    });

    it('runs the job of a dead worker again when its lease has expired', async () => {
      const { id, worker } = await scene.startSlowJob(clip);
      await worker.kill();
      const { lease_until: last } = await leaseOf(id);
      scene.service.startWorker();
      await scene.ffmpeg.speedUp();
      await scene.expectDoneOnce(id, 2);
      const [row] = await scene.rows.query<{ expired: boolean }>(
        'SELECT started_at > $2::timestamptz AS expired FROM conversion_jobs WHERE id = $1',
        [id, last],
      );
      expect(row?.expired).toBe(true);
    });
  });
});
