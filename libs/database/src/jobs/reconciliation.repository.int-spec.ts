import { randomUUID } from 'node:crypto';
import { DatabaseFixture, FaultProxy, sql, testServices, waitFor } from '@app/testing';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { takeLock } from '../connection/advisory-locks.js';
import { LeaseRepository } from './lease.repository.js';
import { ReconciliationRepository, type EndLease, type RunningLease } from './reconciliation.repository.js';
import type { User } from '../users/user.entity.js';

const DEAD_OWNER = '4611686018427387904';
const SHORT = { connectMs: 1_000, queryMs: 1_000 };

describe('ReconciliationRepository', () => {
  let fixture: DatabaseFixture;
  let sut: ReconciliationRepository;
  let user: User;
  let sessions: pg.Client[] = [];

  beforeAll(async () => {
    fixture = await DatabaseFixture.create();
    sut = new ReconciliationRepository(fixture.database);
    user = await fixture.aUser();
  });
  beforeEach(async () => {
    await fixture.database.rows('DELETE FROM conversion_jobs');
    await fixture.database.rows('DELETE FROM outbox');
  });
  afterEach(async () => {
    await Promise.all(sessions.map((session) => session.end()));
    sessions = [];
  });
  afterAll(() => fixture.remove());

  async function aSession(url = fixture.env.DATABASE_URL): Promise<pg.Client> {
    const session = new pg.Client({ connectionString: url });
    await session.connect();
    sessions.push(session);
    return session;
  }

  async function aRunningJob({ owner = DEAD_OWNER, ...columns }: Record<string, unknown> = {}): Promise<EndLease> {
    const jobId = await fixture.aJob(user, { dispatched_at: sql('now()') });
    const token = randomUUID();
    const claimed = await new LeaseRepository(fixture.database).claim({ jobId, token, owner: String(owner) });
    expect(claimed).not.toBeNull();
    await fixture.change(jobId, columns);
    return {
      jobId,
      token,
      reason: 'owner_dead',
      databaseTime: await databaseTime(),
      leaseUntil: await leaseUntil(jobId),
    };
  }

  async function leaseUntil(jobId: string): Promise<string> {
    const [row] = await fixture.database.rows<{ until: string }>(
      'SELECT lease_until::text AS until FROM conversion_jobs WHERE id = $1',
      [jobId],
    );
    return row?.until ?? '';
  }

  async function databaseTime(offset = '0 s'): Promise<string> {
    const [row] = await fixture.database.rows<{ now: string }>(
      'SELECT (clock_timestamp() + $1::interval)::text AS now',
      [offset],
    );
    return row?.now ?? '';
  }

  async function leaseOf({ jobId }: EndLease): Promise<RunningLease | undefined> {
    return (await sut.findRunningLeases())?.leases.find((lease) => lease.jobId === jobId);
  }

  const expired = { lease_until: sql(`now() - interval '1 second'`) };

  describe('findRunningLeases', () => {
    it('shows the running leases, and no other jobs', async () => {
      const job = await aRunningJob();
      await fixture.aJob(user);
      await fixture.aJob(user, { status: 'DONE' });
      const snapshot = await sut.findRunningLeases();
      const { jobId, token } = job;
      expect(snapshot?.leases).toEqual([
        { jobId, token, leaseUntil: job.leaseUntil, isExpired: false, isOwnerLockFree: true },
      ]);
    });

    it('returns the time of the database', async () => {
      const before = await databaseTime();
      const snapshot = await sut.findRunningLeases();
      const [row] = await fixture.database.rows<{ between: boolean }>(
        'SELECT $1::timestamptz BETWEEN $2::timestamptz AND clock_timestamp() AS between',
        [snapshot?.databaseTime, before],
      );
      expect(row?.between).toBe(true);
    });

    it('sees that a lease has expired', async () => {
      expect((await leaseOf(await aRunningJob(expired)))?.isExpired).toBe(true);
    });

    it.each(['1', '4294967295', '4294967296', '4294967301', '9223372036854775807'])(
      'sees that owner %s is alive until its session ends',
      async (owner) => {
        const job = await aRunningJob({ owner });
        const session = await aSession();
        await session.query('SELECT pg_advisory_lock($1)', [owner]);
        expect((await leaseOf(job))?.isOwnerLockFree).toBe(false);
        await session.query('SELECT pg_advisory_unlock($1)', [owner]);
        expect((await leaseOf(job))?.isOwnerLockFree).toBe(true);
      },
    );

    it.each([
      ['a number that differs in its upper half', 'SELECT pg_advisory_lock(5 + (8::bigint << 32))'],
      ['a number that differs in its lower half', 'SELECT pg_advisory_lock(6 + (7::bigint << 32))'],
      ['a pair of numbers that looks alike', 'SELECT pg_advisory_lock(7, 5)'],
    ])('does not take the lock of %s for that of the owner', async (_case, statement) => {
      const job = await aRunningJob({ owner: (5n + (7n << 32n)).toString() });
      await (await aSession()).query(statement);
      expect((await leaseOf(job))?.isOwnerLockFree).toBe(true);
    });

    it('does not take the same number in another database for that of the owner', async () => {
      const owner = (BigInt(Date.now()) << 20n).toString();
      const job = await aRunningJob({ owner });
      const elsewhere = await aSession(testServices().databaseUrl);
      await elsewhere.query('SELECT pg_advisory_lock($1)', [owner]);
      expect((await leaseOf(job))?.isOwnerLockFree).toBe(true);
    });

    it('does not take an owner without a lock for dead', async () => {
      const job = await aRunningJob({ lease_owner: null });
      expect((await leaseOf(job))?.isOwnerLockFree).toBe(false);
      expect(await sut.endLease(job)).toBe(false);
    });

    it('returns null while another process reads the leases', async () => {
      await fixture.database.transaction(async (runner) => {
        await takeLock(runner, 'reconcile');
        expect(await sut.findRunningLeases()).toBeNull();
      });
      expect(await sut.findRunningLeases()).not.toBeNull();
    });
  });

  describe('endLease', () => {
    it.each([
      ['a dead owner', {}, 'owner_dead'],
      ['an expired lease', expired, 'lease_expired'],
    ] as const)(
      'puts the job of %s back in line, due now, with its attempt counted',
      async (_case, columns, reason) => {
        const job = await aRunningJob({ progress: 40, dispatch_after: sql(`now() - interval '1 hour'`), ...columns });
        const before = await fixture.read(job.jobId);
        expect(await sut.endLease({ ...job, reason })).toBe(true);
        const row = await fixture.read(job.jobId);
        expect(row).toMatchObject({ status: 'PENDING', error: null, attempt: 1, maxAttempts: 5, progress: 0 });
        expect(row).toMatchObject({ dispatchedAt: null, leaseToken: null, leaseOwner: null, leaseUntil: null });
        expect(row).toMatchObject({ finishedAt: null, revision: before.revision + 1, dispatchAfter: row.updatedAt });
        expect(await events()).toEqual([]);
      },
    );

    it('fails the job at its attempt bound, with its event', async () => {
      const job = await aRunningJob({ attempt: 5 });
      expect(await sut.endLease(job)).toBe(true);
      const row = await fixture.read(job.jobId);
      expect(row).toMatchObject({ status: 'FAILED', error: 'attempts_exhausted', attempt: 5, leaseToken: null });
      expect(row.finishedAt).toEqual(row.updatedAt);
      const { id, userId, status, error, revision } = row;
      const payload = {
        job_id: id,
        user_id: userId,
        status,
        error,
        revision,
        filename: 'clip.mp4',
        duration_ms: null,
        output_size: null,
        notify_email: false,
        callback_url: null,
      };
      expect(await events()).toEqual([{ topic: 'conversion.finished', payload, correlation_id: 'request-1' }]);
    });

    it.each([
      ['the lease has another token by now', { lease_token: randomUUID() }],
      ['the job has ended', { status: 'DONE', lease_token: null }],
      ['the job waits again', { status: 'PENDING', lease_token: null }],
    ])('changes nothing when %s', async (_case, columns) => {
      const job = await aRunningJob({ attempt: 5 });
      await fixture.change(job.jobId, columns);
      expect(await unchanged(job)).toBe(true);
    });

    it('changes nothing when the owner is back', async () => {
      const job = await aRunningJob();
      await (await aSession()).query('SELECT pg_advisory_lock($1)', [DEAD_OWNER]);
      expect(await unchanged(job)).toBe(true);
    });

    it('changes nothing when the lease has not expired', async () => {
      const job = await aRunningJob();
      expect(await unchanged({ ...job, reason: 'lease_expired' })).toBe(true);
    });

    it.each(['owner_dead', 'lease_expired'] as const)(
      'changes nothing when a heartbeat came after the snapshot (%s)',
      async (reason) => {
        const job = await aRunningJob(expired);
        await fixture.change(job.jobId, { lease_until: sql(`lease_until + interval '1 microsecond'`) });
        expect(await unchanged({ ...job, reason })).toBe(true);
      },
    );

    it('does not wait for a row that somebody has locked', async () => {
      const [locked, other] = [await aRunningJob(), await aRunningJob()];
      const session = await aSession();
      await session.query('BEGIN');
      await session.query('SELECT FROM conversion_jobs WHERE id = $1 FOR UPDATE', [locked.jobId]);
      expect(await sut.endLease(locked)).toBe(false);
      expect(await sut.endLease(other)).toBe(true);
    });

    it('changes nothing if the snapshot is older than three seconds', async () => {
      const job = await aRunningJob({ attempt: 5 });
      expect(await unchanged({ ...job, databaseTime: await databaseTime('-3.1 s') })).toBe(true);
      expect(await sut.endLease({ ...job, databaseTime: await databaseTime('-1 s') })).toBe(true);
    });

    async function unchanged(lease: EndLease): Promise<boolean> {
      const before = await fixture.read(lease.jobId);
      const hasEnded = await sut.endLease(lease);
      expect(await fixture.read(lease.jobId)).toEqual(before);
      expect(await events()).toEqual([]);
      return !hasEnded;
    }
  });

  describe('a statement that is stuck on its way to the database', () => {
    let proxy: FaultProxy;
    let stuck: ReconciliationRepository;
    let backend: number | undefined;

    beforeEach(async () => {
      const { hostname, port } = new URL(fixture.env.DATABASE_URL);
      proxy = await FaultProxy.start(hostname, Number(port));
      const database = fixture.connect(proxy.via(fixture.env.DATABASE_URL), SHORT);
      backend = (await database.rows<{ pid: number }>('SELECT pg_backend_pid() AS pid'))[0]?.pid;
      stuck = new ReconciliationRepository(database);
    });
    afterEach(() => proxy.close());

    /** Sends the statement, times out, and lets it through after 3 s of database time. */
    async function sendLate(lease: EndLease): Promise<void> {
      const thawAt = await databaseTime('3.1 s');
      proxy.hold();
      await expect(stuck.endLease(lease)).rejects.toMatchObject({ code: 'database_unavailable' });
      const hasPassed = async (): Promise<boolean | undefined> =>
        (
          await fixture.database.rows<{ over: boolean }>('SELECT clock_timestamp() > $1::timestamptz AS over', [thawAt])
        )[0]?.over;
      await waitFor(hasPassed, { what: 'the end of the freeze' });
      proxy.release();
      const isGone = async (): Promise<boolean> =>
        (await fixture.database.rows('SELECT FROM pg_stat_activity WHERE pid = $1', [backend])).length === 0;
      await waitFor(isGone, { what: 'the end of the abandoned connection' });
    }

    it('changes nothing when it runs late', async () => {
      const job = await aRunningJob();
      await sendLate(job);
      expect(await fixture.read(job.jobId)).toMatchObject({ status: 'PROCESSING', leaseToken: job.token });
    });

    it('runs although its sender is gone: that is why it carries the time', async () => {
      const job = await aRunningJob();
      await sendLate({ ...job, databaseTime: await databaseTime('1 hour') });
      expect((await fixture.read(job.jobId)).status).toBe('PENDING');
    });
  });

  async function events(): Promise<object[]> {
    return fixture.database.rows(`DELETE FROM outbox RETURNING topic, payload, correlation_id`);
  }
});
