import { randomUUID } from 'node:crypto';
import { waitFor } from '@app/testing';
import { Logger } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { ArmedFailpoints } from '../../test/armed-failpoints.js';
import { HeldRow } from '../../test/held-row.js';
import { WorkerParts } from '../../test/worker-parts.js';
import type { JobClaimer } from './job-claimer.js';
import { ShutdownError } from './stop-reasons.js';

describe('JobClaimer', () => {
  let parts: WorkerParts;
  let worker: ReturnType<WorkerParts['aWorker']>;
  let sut: JobClaimer;
  let shutdown: AbortController;
  let failpoints: ArmedFailpoints;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    parts = await WorkerParts.create();
    failpoints = await ArmedFailpoints.enable();
  });
  beforeEach(() => {
    worker = parts.aWorker();
    sut = worker.claimer;
    shutdown = new AbortController();
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await parts.settle();
  });
  afterAll(async () => {
    await failpoints.disable();
    await parts.remove();
  });

  const givenBack = (jobId: string) =>
    waitFor(
      async () => {
        const row = await parts.fixture.read(jobId);
        return row.status === 'PENDING' && row.attempt === 1 ? row : null;
      },
      { what: 'the job given back' },
    );

  /** Counts the statements of one kind that have succeeded or failed. */
  const calls = (method: 'claim' | 'findClaimed') => {
    const spy = vi.spyOn(worker.leases, method);
    return () => spy.mock.settledResults.filter(({ type }) => type !== 'incomplete').length;
  };

  it('claims with the number of this worker, and with a fresh token for each claim', async () => {
    const [first, second] = [await parts.aJob(), await parts.aJob()];
    const claims = [await sut.claim(first, shutdown.signal), await sut.claim(second, shutdown.signal)];
    expect(await parts.fixture.read(first)).toMatchObject({
      leaseOwner: worker.ownerLock.owner,
      leaseToken: claims[0]?.token,
      attempt: 1,
    });
    expect(claims[0]?.token).not.toBe(claims[1]?.token);
  });

  it.each([
    ['another worker runs', () => parts.aClaimedJob().then(({ jobId }) => jobId)],
    ['is done', () => parts.aJob({ status: 'DONE' })],
    ['does not exist', () => Promise.resolve(randomUUID())],
  ])('does not claim a job that %s', async (_case, aJob) => {
    expect(await sut.claim(await aJob(), shutdown.signal)).toBeNull();
  });

  describe('when the answer is lost', () => {
    it('runs the job under the very claim that took effect', async () => {
      const jobId = await parts.aJob();
      await failpoints.throwAt('claim.commit.after');
      const claimed = await sut.claim(jobId, shutdown.signal);
      expect(failpoints.isArmed('claim.commit.after')).toBe(false);
      expect(claimed).toMatchObject({ jobId, attempt: 1 });
      expect(await parts.fixture.read(jobId)).toMatchObject({ status: 'PROCESSING', leaseToken: claimed?.token });
    });

    it('claims again if the first claim never reached the database', async () => {
      const jobId = await parts.aJob();
      await failpoints.throwAt('claim.commit.before');
      const claimed = await sut.claim(jobId, shutdown.signal);
      expect(failpoints.isArmed('claim.commit.before')).toBe(false);
      expect(await parts.fixture.read(jobId)).toMatchObject({ attempt: 1, leaseToken: claimed?.token });
    });

    it('finds out the outcome of a claim whose connection broke', async () => {
      const jobId = await parts.aJob();
      const row = await HeldRow.take(parts.fixture.env.DATABASE_URL, jobId);
      const claim = sut.claim(jobId, shutdown.signal);
      await row.awaited();
      await parts.takeDatabaseAway();
      await row.letGo();
      const { leaseToken } = await waitFor(async () => {
        const job = await parts.fixture.read(jobId);
        return job.status === 'PROCESSING' ? job : null;
      });
      await parts.bringDatabaseBack();
      expect(await claim).toMatchObject({ jobId, attempt: 1, token: leaseToken });
    });

    it('gives back a job that its first claim takes late, so that it can be claimed again', async () => {
      const jobId = await parts.aJob();
      const row = await HeldRow.take(parts.fixture.env.DATABASE_URL, jobId);
      const claim = sut.claim(jobId, shutdown.signal);
      await row.awaited();
      parts.proxy.cut();
      await row.awaited(2);
      await row.letGo();
      expect(await claim).toBeNull();
      expect(await givenBack(jobId)).toMatchObject({ attempt: 1, maxAttempts: 6, leaseToken: null });
      expect(await sut.claim(jobId, shutdown.signal)).toMatchObject({ attempt: 2, maxAttempts: 6 });
    });
  });

  it('holds a delivery while the database is unavailable', async () => {
    const jobId = await parts.aJob();
    await parts.takeDatabaseAway();
    const lookUps = calls('findClaimed');
    const claim = sut.claim(jobId, shutdown.signal);
    await waitFor(() => lookUps() >= 2, { what: 'failed look-ups' });
    await parts.bringDatabaseBack();
    expect(await claim).toMatchObject({ jobId, attempt: 1 });
  });

  it('remembers that a claim was out while this worker was stalled', async () => {
    const jobId = await parts.aJob();
    const claim = worker.leases.claim.bind(worker.leases);
    vi.spyOn(worker.leases, 'claim').mockImplementationOnce((request) => {
      const now = performance.now.bind(performance);
      vi.spyOn(performance, 'now').mockImplementation(() => now() + 6_000);
      expect(worker.keeper.wasStalled(request.token)).toBe(true);
      return claim(request);
    });
    const claimed = await sut.claim(jobId, shutdown.signal);
    expect(worker.keeper.wasStalled(String(claimed?.token))).toBe(true);
  });

  it('claims nothing while the work directory is full', async () => {
    const jobId = await parts.aJob();
    const hasRoom = vi.spyOn(worker.workspace, 'hasRoom').mockResolvedValue(false);
    const claims = calls('claim');
    const claim = sut.claim(jobId, shutdown.signal);
    await waitFor(() => hasRoom.mock.calls.length >= 3, { what: 'checks of the disk' });
    expect(claims()).toBe(0);
    expect(await parts.fixture.read(jobId)).toMatchObject({ status: 'PENDING', attempt: 0 });
    hasRoom.mockRestore();
    expect(await claim).toMatchObject({ attempt: 1 });
  });

  describe('when the worker shuts down', () => {
    it('stops waiting for the disk', async () => {
      vi.spyOn(worker.workspace, 'hasRoom').mockResolvedValue(false);
      const claim = sut.claim(await parts.aJob(), shutdown.signal);
      shutdown.abort(new ShutdownError());
      await expect(claim).rejects.toThrow(ShutdownError);
    });

    it('stops waiting for the database, and watches its claim', async () => {
      const jobId = await parts.aJob();
      const row = await HeldRow.take(parts.fixture.env.DATABASE_URL, jobId);
      const lookUps = calls('findClaimed');
      const claim = sut.claim(jobId, shutdown.signal);
      await row.awaited();
      await parts.takeDatabaseAway();
      await waitFor(() => lookUps() >= 1, { what: 'a failed look-up' });
      shutdown.abort(new ShutdownError());
      await expect(claim).rejects.toThrow(ShutdownError);
      await row.letGo();
      await waitFor(async () => (await parts.fixture.read(jobId)).status === 'PROCESSING');
      await parts.bringDatabaseBack();
      expect(await givenBack(jobId)).toMatchObject({ maxAttempts: 6 });
    });
  });
});
