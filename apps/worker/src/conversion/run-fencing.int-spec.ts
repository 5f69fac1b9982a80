import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { ClaimedJob } from '@app/database';
import { waitFor } from '@app/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { ConversionFixture } from '../../test/conversion-fixture.js';
import { hangs, succeeds, waitsFor, type FakeTranscoder, type Script } from '../../test/fake-transcoder.js';
import type { ConvertVideoUseCase } from './convert-video.use-case.js';
import { ShutdownError, LeaseLostError } from './stop-reasons.js';

describe('ConvertVideoUseCase', () => {
  let fixture: ConversionFixture;
  let worker: ReturnType<ConversionFixture['aUseCase']>['worker'];
  let transcoder: FakeTranscoder;
  let sut: ConvertVideoUseCase;

  beforeAll(async () => {
    fixture = await ConversionFixture.create();
  });
  beforeEach(() => {
    ({ worker, transcoder, sut } = fixture.aUseCase());
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await fixture.settle();
  });
  afterAll(async () => {
    await fixture.remove();
  });

  describe('when the lease is lost', () => {
    it('stops the run, and changes neither the row nor the output of the next run', async () => {
      const job = await fixture.aClaimedJob();
      transcoder.next(hangs());
      const run = sut.execute(job);
      await waitFor(() => transcoder.running === 1);
      await fixture.takeAway(job);
      const winner = await fixture.parts.claim(job.jobId);
      await fixture.storage.write(fixture.keyOf(winner), Readable.from(['theirs']), { contentType: 'audio/mpeg' });
      expect(await run).toBe('ack');
      expect(transcoder.requests[0]?.signal.reason).toBeInstanceOf(LeaseLostError);
      expect(await fixture.read(job)).toMatchObject({ status: 'PROCESSING', leaseToken: winner.token });
      expect(await fixture.outputsOf(job)).toEqual([fixture.keyOf(winner)]);
    });

    it('deletes only its own output when another run has finished first', async () => {
      const job = await fixture.aClaimedJob();
      transcoder.next(async (request) => {
        await fixture.takeAway(job);
        const winner = await fixture.parts.claim(job.jobId);
        await fixture.aUseCase(worker).sut.execute(winner);
        vi.spyOn(worker.leases, 'heartbeat').mockResolvedValue({ extended: new Set([job.token]), locked: new Set() });
        return succeeds('late')(request);
      });
      const stored = vi.spyOn(fixture.storage, 'writeFile');
      expect(await sut.execute(job)).toBe('ack');
      const row = await fixture.read(job);
      expect(stored.mock.calls.map(([key]) => key)).toEqual([row.outputKey, fixture.keyOf(job)]);
      expect(await fixture.outputsOf(job)).toEqual([row.outputKey]);
      expect(row).toMatchObject({ status: 'DONE', attempt: 2 });
      expect(await fixture.parts.eventsOf(job.jobId)).toHaveLength(1);
    });

    it('keeps the output of the job if the answer to its finishing update was lost', async () => {
      const job = await fixture.aClaimedJob();
      const markDone = worker.leases.markDone.bind(worker.leases);
      vi.spyOn(worker.leases, 'markDone').mockImplementationOnce(async (...move) => {
        await markDone(...move);
        // The heartbeat runs before the answer and no longer finds the token.
        worker.keeper.stopAll(new LeaseLostError());
        throw new Error('Connection lost');
      });
      expect(await sut.execute(job)).toBe('ack');
      expect(await fixture.read(job)).toMatchObject({ status: 'DONE', outputKey: fixture.keyOf(job) });
      expect(await fixture.outputsOf(job)).toEqual([fixture.keyOf(job)]);
    });

    it('leaves its output to the object sweeper if the row cannot be read', async () => {
      const job = await fixture.aClaimedJob();
      vi.spyOn(worker.leases, 'markDone').mockImplementationOnce(async () => {
        await fixture.parts.takeDatabaseAway();
        worker.keeper.stopAll(new LeaseLostError());
        return false;
      });
      expect(await sut.execute(job)).toBe('ack');
      expect(await fixture.outputsOf(job)).toEqual([fixture.keyOf(job)]);
    });
  });

  describe('when the worker shuts down', () => {
    async function shutDownDuring(job: ClaimedJob, script: Script): Promise<string> {
      transcoder.next(script);
      const run = sut.execute(job);
      await waitFor(() => transcoder.running === 1);
      worker.keeper.stopAll(new ShutdownError());
      return run;
    }

    it('requeues the job with its attempt, and the message', async () => {
      const job = await fixture.aClaimedJob();
      expect(await shutDownDuring(job, hangs())).toBe('requeue');
      expect(await fixture.read(job)).toMatchObject({
        status: 'PENDING',
        attempt: 1,
        maxAttempts: 6,
        dispatchedAt: null,
      });
    });

    it('deletes an output that is already stored', async () => {
      const job = await fixture.aClaimedJob();
      vi.spyOn(worker.leases, 'markDone').mockImplementation(() => {
        worker.keeper.stopAll(new ShutdownError());
        return Promise.reject(new Error('Connection lost'));
      });
      expect(await sut.execute(job)).toBe('requeue');
      expect(await fixture.read(job)).toMatchObject({ status: 'PENDING', maxAttempts: 6 });
      expect(await fixture.outputsOf(job)).toEqual([]);
    });

    it('does not give back a job that ran while the worker was stalled', async () => {
      const job = await fixture.aClaimedJob();
      const stalled: Script = (request) => {
        const now = performance.now.bind(performance);
        vi.spyOn(performance, 'now').mockImplementation(() => now() + 6_000);
        return hangs()(request);
      };
      expect(await shutDownDuring(job, stalled)).toBe('requeue');
      expect(await fixture.read(job)).toMatchObject({ status: 'PROCESSING', leaseToken: job.token, maxAttempts: 5 });
    });
  });

  it('keeps the result of the new run if a worker claims a job again that it has lost', async () => {
    const old = await fixture.aClaimedJob();
    let end: () => void = () => undefined;
    transcoder.next(waitsFor(new Promise<void>((resolve) => (end = resolve)), 'old'), succeeds('new'));
    // No heartbeat finds out before the old run ends.
    vi.spyOn(worker.leases, 'heartbeat').mockImplementation((list) =>
      Promise.resolve({ extended: new Set(list.map(({ token }) => token)), locked: new Set() }),
    );
    const oldRun = sut.execute(old);
    await waitFor(() => transcoder.running === 1);
    await fixture.takeAway(old);
    const fresh = await fixture.parts.claim(old.jobId);
    const stored = vi.spyOn(fixture.storage, 'writeFile');
    expect(await sut.execute(fresh)).toBe('ack');
    end();
    expect(await oldRun).toBe('ack');
    expect(stored.mock.calls.map(([key]) => key)).toEqual([fixture.keyOf(fresh), fixture.keyOf(old)]);
    expect(await fixture.read(fresh)).toMatchObject({ status: 'DONE', outputKey: fixture.keyOf(fresh), attempt: 2 });
    expect(await fixture.outputsOf(old)).toEqual([fixture.keyOf(fresh)]);
    expect(await text(await fixture.storage.read(fixture.keyOf(fresh)))).toBe('new');
    expect(await fixture.parts.eventsOf(old.jobId)).toHaveLength(1);
  });

  it('keeps the new run going while the heartbeat stops the old one', async () => {
    const old = await fixture.aClaimedJob();
    let end: () => void = () => undefined;
    const opened = new Promise<void>((resolve) => (end = resolve));
    transcoder.next(hangs(), waitsFor(opened));
    const oldRun = sut.execute(old);
    await waitFor(() => transcoder.running === 1);
    await fixture.takeAway(old);
    const fresh = await fixture.parts.claim(old.jobId, randomUUID());
    const freshRun = sut.execute(fresh);
    expect(await oldRun).toBe('ack');
    expect(transcoder.running).toBe(1);
    end();
    expect(await freshRun).toBe('ack');
    expect(await fixture.read(fresh)).toMatchObject({ status: 'DONE', outputKey: fixture.keyOf(fresh) });
  });
});
