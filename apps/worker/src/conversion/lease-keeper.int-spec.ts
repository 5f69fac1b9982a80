import { randomUUID } from 'node:crypto';
import type { LeaseRepository } from '@app/database';
import { sql, waitFor } from '@app/testing';
import { Logger } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { HeldRow } from '../../test/held-row.js';
import { WorkerParts } from '../../test/worker-parts.js';
import type { LeaseKeeper } from './lease-keeper.js';
import { LeaseLostError } from './stop-reasons.js';

const STALL_MS = 5_001;

describe('LeaseKeeper', () => {
  let parts: WorkerParts;
  let sut: LeaseKeeper;
  let leases: LeaseRepository;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    parts = await WorkerParts.create();
  });
  beforeEach(() => {
    // Short time limits: some tests freeze the database.
    ({ keeper: sut, leases } = parts.aWorker({ connectMs: 500, queryMs: 1_000 }));
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await parts.settle();
  });
  afterAll(() => parts.remove());

  const isExtended = (jobId: string): Promise<boolean> =>
    waitFor(async () => (await parts.fixture.read(jobId)).leaseUntil!.getTime() > (await databaseTime()) + 10_000, {
      what: 'a heartbeat',
    });
  const databaseTime = async (): Promise<number> =>
    (await parts.fixture.database.rows<{ now: Date }>('SELECT now()'))[0]!.now.getTime();

  /** Resolves when this many heartbeats that started after this call have succeeded or failed. */
  async function heartbeats(count: number): Promise<void> {
    const heartbeat = vi.spyOn(leases, 'heartbeat');
    await waitFor(() => heartbeat.mock.settledResults.filter(({ type }) => type !== 'incomplete').length >= count, {
      what: 'heartbeats',
    });
    heartbeat.mockRestore();
  }

  it('extends the lease of a running job and writes its progress', async () => {
    const job = await parts.aClaimedJob({ dispatched_at: sql('now()') });
    const held = sut.hold(job);
    held.reportProgress(42.7);
    await parts.fixture.change(job.jobId, { lease_until: sql('now()') });
    await isExtended(job.jobId);
    expect(await parts.fixture.read(job.jobId)).toMatchObject({ status: 'PROCESSING', progress: 42 });
    expect(held.signal.aborted).toBe(false);
  });

  it('stops a run whose lease is lost, and no other', async () => {
    const [canceled, deleted, kept] = [await parts.aClaimedJob(), await parts.aClaimedJob(), await parts.aClaimedJob()];
    const runs = [canceled, deleted, kept].map((job) => sut.hold(job).signal);
    await parts.fixture.change(canceled.jobId, { status: 'CANCELED', lease_token: null });
    await parts.fixture.database.rows('DELETE FROM conversion_jobs WHERE id = $1', [deleted.jobId]);
    await waitFor(() => runs[0]?.aborted && runs[1]?.aborted, { what: 'the stop' });
    expect(runs.slice(0, 2).map(({ reason }) => reason as unknown)).toEqual([
      new LeaseLostError(),
      new LeaseLostError(),
    ]);
    await parts.fixture.change(kept.jobId, { lease_until: sql('now()') });
    await isExtended(kept.jobId);
    expect(runs[2]?.aborted).toBe(false);
  });

  it('keeps the other runs alive while somebody has locked the row of one, and stops none', async () => {
    const jobs = [await parts.aClaimedJob(), await parts.aClaimedJob()] as const;
    const [blocked, free] = jobs;
    const runs = jobs.map((job) => sut.hold(job).signal);
    const row = await HeldRow.take(parts.fixture.env.DATABASE_URL, blocked.jobId);
    await parts.fixture.change(free.jobId, { lease_until: sql('now()') });
    await isExtended(free.jobId);
    await heartbeats(2);
    await row.letGo();
    expect(runs.map(({ aborted }) => aborted)).toEqual([false, false]);
  });

  it.each<[string, () => Promise<void> | void]>([
    ['refuses', () => parts.takeDatabaseAway()],
    ['is frozen', () => parts.proxy.hold()],
  ])('stops no run while the database %s, and continues afterwards', async (_case, fail) => {
    const job = await parts.aClaimedJob();
    const { signal } = sut.hold(job);
    await heartbeats(1);
    await fail();
    await heartbeats(2);
    expect(signal.aborted).toBe(false);
    await parts.fixture.change(job.jobId, { lease_until: sql('now()') });
    parts.proxy.release();
    await parts.bringDatabaseBack();
    await isExtended(job.jobId);
    expect(signal.aborted).toBe(false);
  });

  it('does not stop a run that ended during the heartbeat', async () => {
    const job = await parts.aClaimedJob();
    const { signal } = sut.hold(job);
    const real = leases.heartbeat.bind(leases);
    vi.spyOn(leases, 'heartbeat').mockImplementationOnce(async (list) => {
      await leases.giveBack(job);
      const alive = await real(list);
      sut.forget(job.token);
      return alive;
    });
    await waitFor(async () => (await parts.fixture.read(job.jobId)).status === 'PENDING');
    sut.hold(await parts.aClaimedJob());
    await heartbeats(1);
    expect(signal.aborted).toBe(false);
  });

  it('keeps an old and a new lease of one job apart', async () => {
    const old = await parts.aClaimedJob();
    const runs = [sut.hold(old).signal];
    await parts.fixture.change(old.jobId, {
      status: 'PENDING',
      lease_token: null,
      lease_owner: null,
      lease_until: null,
    });
    const fresh = await parts.claim(old.jobId);
    runs.push(sut.hold(fresh).signal);
    await waitFor(() => runs[0]?.aborted, { what: 'the stop' });
    await parts.fixture.change(fresh.jobId, { lease_until: sql('now()') });
    await isExtended(fresh.jobId);
    expect(runs[1]?.aborted).toBe(false);
  });

  describe('for a claim whose answer was lost', () => {
    it('requeues the job and returns its attempt if the claim takes effect after all', async () => {
      const jobId = await parts.aJob({ dispatched_at: sql('now()') });
      const token = randomUUID();
      sut.watch({ jobId, token });
      await heartbeats(1);
      await parts.claim(jobId, token);
      await waitFor(async () => (await parts.fixture.read(jobId)).status === 'PENDING', { what: 'the job given back' });
      expect(await parts.fixture.read(jobId)).toMatchObject({ attempt: 1, maxAttempts: 6, dispatchedAt: null });
    });

    it('keeps watching while it cannot be given back', async () => {
      const jobId = await parts.aJob();
      const token = randomUUID();
      sut.watch({ jobId, token });
      const giveBack = vi.spyOn(leases, 'giveBack').mockRejectedValueOnce(new Error('database away'));
      await parts.claim(jobId, token);
      await waitFor(async () => (await parts.fixture.read(jobId)).status === 'PENDING', { what: 'the job given back' });
      expect(giveBack).toHaveBeenCalledTimes(2);
    });
  });

  describe('after this worker was stalled', () => {
    /** Advances this process's clock, as if nothing else had run meanwhile. */
    function stall(ms: number): void {
      const now = performance.now.bind(performance);
      vi.spyOn(performance, 'now').mockImplementation(() => now() + ms);
    }

    it('knows the tokens of that time, and no later ones', async () => {
      const [held, claiming, unknown, later] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
      const jobId = await parts.aJob();
      sut.hold({ jobId, token: held });
      sut.expect(claiming);
      sut.watch({ jobId, token: unknown });
      stall(STALL_MS);
      expect([held, claiming, unknown].map((token) => sut.wasStalled(token))).toEqual([true, true, true]);
      sut.hold({ jobId, token: later });
      expect(sut.wasStalled(later)).toBe(false);
      sut.hold({ jobId, token: claiming });
      expect(sut.wasStalled(claiming)).toBe(true);
    });

    it('ignores a short pause', async () => {
      const job = await parts.aClaimedJob();
      sut.hold(job);
      stall(STALL_MS - 2_500);
      expect(sut.wasStalled(job.token)).toBe(false);
    });

    it('detects it by itself', async () => {
      const job = await parts.aClaimedJob();
      sut.hold(job);
      const untilTick = performance.now() + STALL_MS;
      while (performance.now() < untilTick);
      await heartbeats(1);
      vi.spyOn(performance, 'now').mockReturnValue(0);
      expect(sut.wasStalled(job.token)).toBe(true);
    });

    it('does not give back the job of a lost claim of that time', async () => {
      const jobId = await parts.aJob();
      const token = randomUUID();
      sut.watch({ jobId, token });
      stall(STALL_MS);
      await parts.claim(jobId, token);
      const other = await parts.aClaimedJob();
      sut.hold(other);
      await heartbeats(2);
      await parts.fixture.change(jobId, { lease_until: sql(`now() - interval '1 minute'`) });
      await heartbeats(2);
      const row = await parts.fixture.read(jobId);
      expect(row).toMatchObject({ status: 'PROCESSING', maxAttempts: 5 });
      // Its lease is not extended either, so the reconciler ends it.
      expect(row.leaseUntil!.getTime()).toBeLessThan(await databaseTime());
    });
  });
});
