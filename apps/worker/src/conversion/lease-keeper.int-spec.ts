import { randomUUID } from 'node:crypto';
import type { LeaseRepository } from '@app/database';
import { sql, waitFor } from '@app/testing';
import { Logger } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
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
    // A frozen database is given up on quickly here.
    ({ keeper: sut, leases } = parts.aWorker({ connectMs: 500, queryMs: 1_000 }));
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await parts.settle();
  });
  afterAll(() => parts.remove());

  const isExtended = (jobId: string): Promise<boolean> =>
    waitFor(async () => (await parts.fixture.read(jobId)).leaseUntil!.getTime() > (await databaseTime()) + 10_000, {
      what: 'a beat',
    });
  const databaseTime = async (): Promise<number> =>
    (await parts.fixture.database.rows<{ now: Date }>('SELECT now()'))[0]!.now.getTime();

  /** Resolves once so many beats that began after this call have ended, whichever way. */
  async function beats(count: number): Promise<void> {
    const beat = vi.spyOn(leases, 'heartbeat');
    await waitFor(() => beat.mock.settledResults.filter(({ type }) => type !== 'incomplete').length >= count, {
      what: 'beats',
    });
    beat.mockRestore();
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

  it('stops a run whose lease is gone, and only that one', async () => {
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

  it.each<[string, () => Promise<void> | void]>([
    ['refuses', () => parts.takeDatabaseAway()],
    ['is frozen', () => parts.proxy.hold()],
  ])('stops nothing while the database %s, and goes on afterwards', async (_case, fail) => {
    const job = await parts.aClaimedJob();
    const { signal } = sut.hold(job);
    await beats(1);
    await fail();
    await beats(2);
    expect(signal.aborted).toBe(false);
    await parts.fixture.change(job.jobId, { lease_until: sql('now()') });
    parts.proxy.release();
    await parts.bringDatabaseBack();
    await isExtended(job.jobId);
    expect(signal.aborted).toBe(false);
  });

  it('leaves a run alone that has ended while the beat was on its way', async () => {
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
    await beats(1);
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
    it('gives the job back, with its attempt, when it takes effect after all', async () => {
      const jobId = await parts.aJob({ dispatched_at: sql('now()') });
      const token = randomUUID();
      sut.watch({ jobId, token });
      await beats(1);
      await parts.claim(jobId, token);
      await waitFor(async () => (await parts.fixture.read(jobId)).status === 'PENDING', { what: 'the job given back' });
      expect(await parts.fixture.read(jobId)).toMatchObject({ attempt: 1, maxAttempts: 6, dispatchedAt: null });
    });

    it('keeps watch while it cannot be given back', async () => {
      const jobId = await parts.aJob();
      const token = randomUUID();
      sut.watch({ jobId, token });
      const giveBack = vi.spyOn(leases, 'giveBack').mockRejectedValueOnce(new Error('database away'));
      await parts.claim(jobId, token);
      await waitFor(async () => (await parts.fixture.read(jobId)).status === 'PENDING', { what: 'the job given back' });
      expect(giveBack).toHaveBeenCalledTimes(2);
    });
  });

  describe('after this worker stood still', () => {
    /** This process's clock runs on while nothing else does. */
    function standStill(ms: number): void {
      const now = performance.now.bind(performance);
      vi.spyOn(performance, 'now').mockImplementation(() => now() + ms);
    }

    it('knows the tokens that were out then, and no later ones', async () => {
      const [held, claiming, unknown, later] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
      const jobId = await parts.aJob();
      sut.hold({ jobId, token: held });
      sut.expect(claiming);
      sut.watch({ jobId, token: unknown });
      standStill(STALL_MS);
      expect([held, claiming, unknown].map((token) => sut.wasStalled(token))).toEqual([true, true, true]);
      sut.hold({ jobId, token: later });
      expect(sut.wasStalled(later)).toBe(false);
      sut.hold({ jobId, token: claiming });
      expect(sut.wasStalled(claiming)).toBe(true);
    });

    it('takes no short pause for it', async () => {
      const job = await parts.aClaimedJob();
      sut.hold(job);
      standStill(STALL_MS - 2_500);
      expect(sut.wasStalled(job.token)).toBe(false);
    });

    it('notices by itself, before anybody asks', async () => {
      const job = await parts.aClaimedJob();
      sut.hold(job);
      const untilTick = performance.now() + STALL_MS;
      while (performance.now() < untilTick);
      // The ticker's turn comes with the first beat, which judges what came in after the freeze.
      await beats(1);
      vi.spyOn(performance, 'now').mockReturnValue(0);
      expect(sut.wasStalled(job.token)).toBe(true);
    });

    it('does not give back what a lost claim of that time took', async () => {
      const jobId = await parts.aJob();
      const token = randomUUID();
      sut.watch({ jobId, token });
      standStill(STALL_MS);
      await parts.claim(jobId, token);
      const other = await parts.aClaimedJob();
      sut.hold(other);
      await beats(2);
      await parts.fixture.change(jobId, { lease_until: sql(`now() - interval '1 minute'`) });
      await beats(2);
      const row = await parts.fixture.read(jobId);
      expect(row).toMatchObject({ status: 'PROCESSING', maxAttempts: 5 });
      // Nor is it kept alive: the reconciler is to have it.
      expect(row.leaseUntil!.getTime()).toBeLessThan(await databaseTime());
    });
  });
});
