import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { DatabaseFixture, sql } from '@app/testing';
import { LeaseRepository, type ClaimedJob, type Lease, type Output } from './lease.repository.js';
import { OwnedJobRepository } from './owned-job.repository.js';
import type { User } from '../users/user.entity.js';

const OWNER = '4611686018427387904';

function aLease(jobId: string): Lease & { owner: string } {
  return { jobId, token: randomUUID(), owner: OWNER };
}

function anOutput(key = 'output/x'): Output {
  return { key, sizeBytes: 10, sha256: 'ab', durationMs: 1000, encoding: 'encoded' };
}

describe('LeaseRepository', () => {
  let fixture: DatabaseFixture;
  let sut: LeaseRepository;
  let user: User;

  beforeAll(async () => {
    fixture = await DatabaseFixture.create();
    sut = new LeaseRepository(fixture.database);
    user = await fixture.aUser();
  });
  afterAll(() => fixture.remove());

  async function aClaimedJob(columns: Record<string, unknown> = {}): Promise<ClaimedJob> {
    return claimNow(await fixture.aJob(user, columns));
  }

  async function claimNow(jobId: string): Promise<ClaimedJob> {
    const claimed = await sut.claim(aLease(jobId));
    if (claimed === null) throw new Error('The job was not claimed');
    return claimed;
  }

  describe('claim', () => {
    it('claims a due job, counts the attempt and keeps dispatched_at', async () => {
      const id = await fixture.aJob(user, { dispatched_at: sql('now()') });
      const before = await fixture.read(id);
      const lease = aLease(id);
      expect(await sut.claim(lease)).toMatchObject({ jobId: id, token: lease.token, attempt: 1, userId: user.id });
      const row = await fixture.read(id);
      expect(row).toMatchObject({ status: 'PROCESSING', attempt: 1, leaseToken: lease.token, leaseOwner: OWNER });
      expect(row.dispatchedAt).toEqual(before.dispatchedAt);
      expect(row.revision).toBeGreaterThan(before.revision);
    });

    it('gives a job to one of many claims at once', async () => {
      const id = await fixture.aJob(user);
      const claims = await Promise.all(Array.from({ length: 8 }, () => sut.claim(aLease(id))));
      expect(claims.filter((claim) => claim !== null)).toHaveLength(1);
      expect((await fixture.read(id)).attempt).toBe(1);
    });

    it.each([
      ['is done', { status: 'DONE' }],
      ['failed', { status: 'FAILED' }],
      ['was canceled', { status: 'CANCELED' }],
      ['waits for its retry', { dispatch_after: sql(`now() + interval '1 minute'`) }],
      ['has no attempt left', { attempt: 5, max_attempts: 5 }],
      ['runs, though its lease has run out', runningColumns({ lease_until: sql(`now() - interval '1 hour'`) })],
    ])('does not claim a job that %s', async (_case, columns) => {
      const id = await fixture.aJob(user, columns);
      const before = await fixture.read(id);
      expect(await sut.claim(aLease(id))).toBeNull();
      expect(await fixture.read(id)).toEqual(before);
    });

    it('is settled by its token when the answer was lost', async () => {
      const claimed = await aClaimedJob();
      expect(await sut.findClaimed(claimed)).toEqual(claimed);
      expect(await sut.findClaimed({ ...claimed, token: randomUUID() })).toBeNull();
    });
  });

  describe('heartbeat', () => {
    it('extends the leases that are held, and reports no others', async () => {
      const mine = await aClaimedJob();
      const stale = { jobId: mine.jobId, token: randomUUID() };
      await fixture.change(mine.jobId, { lease_until: sql('now()') });
      const { extended, locked } = await sut.heartbeat([
        { ...mine, progress: 40 },
        { ...stale, progress: 90 },
      ]);
      expect([...extended]).toEqual([mine.token]);
      expect(locked.size).toBe(0);
      const row = await fixture.read(mine.jobId);
      expect(row.progress).toBe(40);
      expect(row.leaseUntil?.getTime()).toBeGreaterThan(row.updatedAt.getTime() + 10_000);
    });

    it('never decreases progress, and raises the revision only with it', async () => {
      const job = await aClaimedJob();
      await sut.heartbeat([{ ...job, progress: 40 }]);
      const { revision } = await fixture.read(job.jobId);
      await sut.heartbeat([{ ...job, progress: 10 }]);
      expect(await fixture.read(job.jobId)).toMatchObject({ progress: 40, revision });
    });

    it('extends the other leases while somebody has locked the row of one, and reports that one', async () => {
      const [mine, blocked] = [await aClaimedJob(), await aClaimedJob()];
      const leases = [mine, blocked].map((job) => ({ ...job, progress: 1 }));
      await fixture.connect().transaction(async (runner) => {
        await runner.query('SELECT FROM conversion_jobs WHERE id = $1 FOR UPDATE', [blocked.jobId]);
        const { extended, locked } = await sut.heartbeat(leases);
        expect([[...extended], [...locked]]).toEqual([[mine.token], [blocked.token]]);
      });
      expect((await sut.heartbeat(leases)).extended).toEqual(new Set([mine.token, blocked.token]));
    });

    it('reports a lease as lost once the move that had locked its row has committed', async () => {
      const job = await aClaimedJob();
      await fixture.connect().transaction(async (runner) => {
        await runner.query(`UPDATE conversion_jobs SET status = 'CANCELED', lease_token = NULL WHERE id = $1`, [
          job.jobId,
        ]);
        expect([...(await sut.heartbeat([{ ...job, progress: 1 }])).locked]).toEqual([job.token]);
      });
      expect(await sut.heartbeat([{ ...job, progress: 1 }])).toEqual({ extended: new Set(), locked: new Set() });
    });

    it('runs on the preferred connection, and on the pool if that is not open', async () => {
      const job = await aClaimedJob();
      const prepared = vi.fn(() => Promise.resolve(null));
      expect((await sut.heartbeat([{ ...job, progress: 1 }], { prepared })).extended.size).toBe(1);
      prepared.mockResolvedValueOnce([{ token: 'x', isExtended: true }] as never);
      expect([...(await sut.heartbeat([{ ...job, progress: 1 }], { prepared })).extended]).toEqual(['x']);
    });

    it('does not revive a job that has ended', async () => {
      const job = await aClaimedJob();
      await sut.markDone(job, anOutput());
      expect(await sut.heartbeat([{ ...job, progress: 1 }])).toEqual({ extended: new Set(), locked: new Set() });
      expect(await fixture.read(job.jobId)).toMatchObject({ status: 'DONE', progress: 100, leaseUntil: null });
    });

    it('is a heap-only update', async () => {
      const job = await aClaimedJob();
      const before = await updateCounts(fixture);
      for (let i = 1; i <= 20; i += 1) await sut.heartbeat([{ ...job, progress: i }]);
      const after = await updateCounts(fixture);
      expect(after.all - before.all).toBe(20);
      // A page may fill up once in a while, and that update goes elsewhere.
      expect(after.heapOnly - before.heapOnly).toBeGreaterThanOrEqual(18);
    });
  });

  describe('the ways out of PROCESSING', () => {
    it('marks done with its event in one step, and ends the lease', async () => {
      const job = await aClaimedJob();
      expect(await sut.markDone(job, anOutput('output/1'))).toBe(true);
      expect(await fixture.read(job.jobId)).toMatchObject({
        status: 'DONE',
        outputKey: 'output/1',
        outputSha256: 'ab',
        durationMs: 1000,
        leaseToken: null,
        leaseOwner: null,
        leaseUntil: null,
      });
      const payload = {
        job_id: job.jobId,
        user_id: user.id,
        status: 'DONE',
        error: null,
        revision: 2,
        filename: 'clip.mp4',
        duration_ms: 1000,
        output_size: 10,
        notify_email: false,
        callback_url: null,
      };
      expect(await eventsOf(fixture, job)).toEqual([
        { topic: 'conversion.finished', payload, correlation_id: 'request-1' },
      ]);
    });

    it('changes nothing and writes no event under another token', async () => {
      const job = await aClaimedJob();
      const stale = { jobId: job.jobId, token: randomUUID() };
      expect(await sut.markDone(stale, anOutput())).toBe(false);
      expect(await sut.markFailed(stale, 'corrupt_source')).toBe(false);
      expect(await sut.retryLater(stale, 0)).toBe(false);
      expect(await sut.giveBack(stale)).toBe(false);
      expect(await fixture.read(job.jobId)).toMatchObject({ status: 'PROCESSING', leaseToken: job.token });
      expect(await eventsOf(fixture, job)).toEqual([]);
    });

    it('keeps what the sentence of a failure names, and nothing when the job is done', async () => {
      const job = await aClaimedJob();
      await sut.markFailed(job, 'too_long', { seconds: 3600 });
      expect(await fixture.read(job.jobId)).toMatchObject({ error: 'too_long', errorParams: { seconds: 3600 } });
      const other = await aClaimedJob();
      await sut.markDone(other, anOutput());
      expect(await fixture.read(other.jobId)).toMatchObject({ error: null, errorParams: null });
    });

    it('ignores every late move after DONE', async () => {
      const job = await aClaimedJob();
      await sut.markDone(job, anOutput());
      const done = await fixture.read(job.jobId);
      await sut.markFailed(job, 'unknown_error');
      await sut.retryLater(job, 0);
      await sut.giveBack(job);
      expect(await fixture.read(job.jobId)).toEqual(done);
    });

    it('delays a retry, and takes it out of the broker window', async () => {
      const job = await aClaimedJob({ dispatched_at: sql('now()') });
      expect(await sut.retryLater(job, 60_000)).toBe(true);
      const row = await fixture.read(job.jobId);
      expect(row).toMatchObject({
        status: 'PENDING',
        attempt: 1,
        maxAttempts: 5,
        dispatchedAt: null,
        leaseToken: null,
      });
      expect(row.dispatchAfter.getTime()).toBeGreaterThan(row.updatedAt.getTime() + 59_000);
    });

    it('does not retry beyond the bound', async () => {
      const job = await aClaimedJob({ attempt: 4 });
      expect(await sut.retryLater(job, 0)).toBe(false);
      expect((await fixture.read(job.jobId)).status).toBe('PROCESSING');
    });

    it('returns an attempt by raising the bound, never by lowering the count', async () => {
      const job = await aClaimedJob();
      expect(await sut.giveBack(job)).toBe(true);
      expect(await fixture.read(job.jobId)).toMatchObject({
        status: 'PENDING',
        attempt: 1,
        maxAttempts: 6,
        dispatchedAt: null,
      });
    });

    it('counts attempts anew after an attempt was given back, and after the retry of the owner', async () => {
      const first = await aClaimedJob();
      const { jobId } = first;
      expect(first).toMatchObject({ attempt: 1, countedAttempts: 1 });
      await sut.giveBack(first);
      const second = await claimNow(jobId);
      expect(second).toMatchObject({ attempt: 2, countedAttempts: 1, maxAttempts: 6 });
      await sut.retryLater(second, 0);
      const third = await claimNow(jobId);
      expect(third).toMatchObject({ attempt: 3, countedAttempts: 2 });
      await sut.markFailed(third, 'ffmpeg_failed');
      await new OwnedJobRepository(fixture.database).retry(await fixture.read(jobId), 5);
      expect(await claimNow(jobId)).toMatchObject({ attempt: 4, countedAttempts: 1, maxAttempts: 8 });
    });

    it('says afterwards who won', async () => {
      const job = await aClaimedJob();
      expect(await sut.readOutcome(job)).toEqual({ isStillMine: true, outputKey: null });
      await sut.markDone(job, anOutput('output/1'));
      expect(await sut.readOutcome(job)).toEqual({ isStillMine: false, outputKey: 'output/1' });
      expect(await sut.readOutcome({ ...job, jobId: randomUUID() })).toBeNull();
    });
  });
});

function runningColumns(columns: Record<string, unknown>): Record<string, unknown> {
  return { status: 'PROCESSING', lease_token: randomUUID(), lease_owner: OWNER, ...columns };
}

async function eventsOf(fixture: DatabaseFixture, { jobId }: Lease): Promise<object[]> {
  return fixture.database.rows(`SELECT topic, payload, correlation_id FROM outbox WHERE payload ->> 'job_id' = $1`, [
    jobId,
  ]);
}

async function updateCounts(fixture: DatabaseFixture): Promise<{ all: number; heapOnly: number }> {
  return fixture.database.use(async (runner) => {
    // Counters of a session reach the view when it is idle, or at once when asked.
    await runner.query('SELECT pg_stat_force_next_flush()');
    const rows = (await runner.query(
      `SELECT n_tup_upd::int AS all, n_tup_hot_upd::int AS "heapOnly" FROM pg_stat_user_tables WHERE relname = 'conversion_jobs'`,
    )) as { all: number; heapOnly: number }[];
    return rows[0] ?? { all: 0, heapOnly: 0 };
  });
}
