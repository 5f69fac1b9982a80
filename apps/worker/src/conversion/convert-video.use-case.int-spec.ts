import { randomUUID } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { ClaimedJob } from '@app/database';
import type { FailureCode } from '@app/domain';
import { DirectoryObjectStorage, outputKey, type ObjectStorage } from '@app/storage';
import { waitFor } from '@app/testing';
import { Logger } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { ArmedFailpoints } from '../../test/armed-failpoints.js';
import { FakeTranscoder, fails, hangs, succeeds, waitsFor, type Script } from '../../test/fake-transcoder.js';
import { WorkerParts } from '../../test/worker-parts.js';
import { ConvertVideoUseCase } from './convert-video.use-case.js';
import { Draining, LeaseLost } from './stop-reason.js';

const NO_LEASE = { lease_token: null, lease_owner: null, lease_until: null };

describe('ConvertVideoUseCase', () => {
  let parts: WorkerParts;
  let storage: ObjectStorage;
  let failpoints: ArmedFailpoints;
  let worker: ReturnType<WorkerParts['aWorker']>;
  let transcoder: FakeTranscoder;
  let sut: ConvertVideoUseCase;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    parts = await WorkerParts.create();
    storage = new DirectoryObjectStorage(join(parts.folder, 'objects'));
    await storage.prepare();
    failpoints = await ArmedFailpoints.enable();
  });
  beforeEach(() => {
    worker = parts.aWorker();
    transcoder = new FakeTranscoder();
    sut = new ConvertVideoUseCase(storage, transcoder, worker.keeper, worker.finisher, worker.workspace);
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    // Whatever happened, no run leaves files behind.
    for (const folder of await readdir(join(parts.folder, 'work'))) {
      expect(await readdir(join(parts.folder, 'work', folder))).toEqual([]);
    }
    await parts.settle();
  });
  afterAll(async () => {
    await failpoints.disable();
    await parts.remove();
  });

  const read = ({ jobId }: ClaimedJob) => parts.fixture.read(jobId);
  const keyOf = (job: ClaimedJob): string => outputKey(job.jobId, job.attempt, job.token);

  async function aClaimedJob(columns: Record<string, unknown> = {}): Promise<ClaimedJob> {
    const job = await parts.aClaimedJob(columns);
    await storage.write(job.sourceKey, Readable.from(['the video']), { contentType: 'video/mp4' });
    return job;
  }

  async function outputsOf({ jobId }: ClaimedJob): Promise<string[]> {
    const keys: string[] = [];
    for await (const { key } of storage.list(`output/${jobId}/`)) keys.push(key);
    return keys;
  }

  /** What the reconciler does with a job whose worker it takes for dead. */
  const takeAway = (job: ClaimedJob): Promise<void> =>
    parts.fixture.change(job.jobId, { ...NO_LEASE, status: 'PENDING' });

  it('makes a job DONE: output under a key of this run, size and hash kept, one event', async () => {
    const job = await aClaimedJob();
    let seen: unknown;
    transcoder.next(async (request) => {
      seen = await readFile(request.sourcePath, 'utf8');
      request.onProgress({ percent: 42, outTimeMs: 600 });
      await waitFor(async () => (await read(job)).progress === 42, { what: 'the progress' });
      return succeeds('the sound')(request);
    });
    expect(await sut.execute(job)).toBe('ack');
    expect(seen).toBe('the video');
    expect(await read(job)).toMatchObject({
      status: 'DONE',
      error: null,
      progress: 100,
      outputKey: `output/${job.jobId}/1-${job.token}.mp3`,
      outputSize: 9,
      outputSha256: 'ce7fa259b95b75791ad23a6234f6d5dc04e5f022d0d6e5b529c184b455d8fed4',
      durationMs: 1_500,
      encoding: 'encoded',
      leaseToken: null,
    });
    expect(await text(await storage.read(keyOf(job)))).toBe('the sound');
    expect(await parts.eventsOf(job.jobId)).toEqual([{ status: 'DONE', error: null }]);
  });

  it('is done with its lease when it is done', async () => {
    const beat = vi.spyOn(worker.leases, 'beat');
    const [ended, running] = [await aClaimedJob(), await aClaimedJob()];
    await sut.execute(ended);
    worker.keeper.hold(running);
    beat.mockClear();
    await waitFor(() => beat.mock.calls.length > 0, { what: 'a beat' });
    expect(beat.mock.calls[0]?.[0].map(({ token }) => token)).toEqual([running.token]);
  });

  describe('when the conversion fails', () => {
    const permanent: FailureCode[] = [
      'no_audio_stream',
      'unsupported_format',
      'corrupt_source',
      'encrypted_media',
      'too_long',
    ];

    it.each(permanent)('ends FAILED at once for %s', async (code) => {
      const job = await aClaimedJob();
      transcoder.next(fails(code));
      expect(await sut.execute(job)).toBe('ack');
      expect(await read(job)).toMatchObject({ status: 'FAILED', error: code, attempt: 1 });
      expect(await parts.eventsOf(job.jobId)).toEqual([{ status: 'FAILED', error: code }]);
    });

    it.each<FailureCode>(['timed_out', 'ffmpeg_failed', 'resource_limit'])('tries twice for %s', async (code) => {
      const [first, second] = [await aClaimedJob(), await aClaimedJob({ attempt: 1 })];
      transcoder.next(fails(code), fails(code));
      await sut.execute(first);
      await sut.execute(second);
      expect(await read(first)).toMatchObject({ status: 'PENDING', error: null, attempt: 1 });
      expect(await read(second)).toMatchObject({ status: 'FAILED', error: code, attempt: 2 });
    });

    it.each([
      [1, 2_000],
      [2, 10_000],
      [3, 60_000],
      [4, 300_000],
    ])('puts a passing failure off after attempt %i, by about %i ms', async (attempt, delayMs) => {
      const job = await aClaimedJob({ attempt: attempt - 1 });
      transcoder.next(() => Promise.reject(new Error('of unknown kind')));
      expect(await sut.execute(job)).toBe('ack');
      const row = await read(job);
      expect(row).toMatchObject({ status: 'PENDING', attempt, maxAttempts: 5, dispatchedAt: null });
      const offMs = row.dispatchAfter.getTime() - row.updatedAt.getTime();
      expect(Math.abs(offMs - delayMs)).toBeLessThanOrEqual(delayMs * 0.2 + 1);
      expect(await parts.eventsOf(job.jobId)).toEqual([]);
    });

    it('ends FAILED with its own code at the bound of attempts', async () => {
      const job = await aClaimedJob({ attempt: 4 });
      transcoder.next(() => Promise.reject(new Error('of unknown kind')));
      await sut.execute(job);
      expect(await read(job)).toMatchObject({ status: 'FAILED', error: 'unknown_error', attempt: 5 });
    });
  });

  describe('when the store fails', () => {
    it('tries again where the source cannot be read, up to the bound', async () => {
      const [first, last] = [await parts.aClaimedJob(), await parts.aClaimedJob({ attempt: 4 })];
      await sut.execute(first);
      await sut.execute(last);
      expect(await read(first)).toMatchObject({ status: 'PENDING', attempt: 1 });
      expect(await read(last)).toMatchObject({ status: 'FAILED', error: 'storage_download_failed' });
      expect(transcoder.requests).toEqual([]);
    });

    it.each(['output.object-write.before', 'output.object-write.after'] as const)(
      'tries again where the output cannot be stored, and leaves none behind (%s)',
      async (point) => {
        const [first, last] = [await aClaimedJob(), await aClaimedJob({ attempt: 4 })];
        await failpoints.throwAt(point);
        await sut.execute(first);
        await failpoints.throwAt(point);
        await sut.execute(last);
        expect(await read(first)).toMatchObject({ status: 'PENDING', attempt: 1 });
        expect(await read(last)).toMatchObject({ status: 'FAILED', error: 'storage_upload_failed' });
        expect([...(await outputsOf(first)), ...(await outputsOf(last))]).toEqual([]);
      },
    );

    it('does not take an output for stored that is not as long as the local one', async () => {
      const job = await aClaimedJob();
      transcoder.next(async (request) => ({ ...(await succeeds()(request)), sizeBytes: 10 }));
      await sut.execute(job);
      expect(await read(job)).toMatchObject({ status: 'PENDING', outputKey: null });
      expect(await outputsOf(job)).toEqual([]);
    });
  });

  describe('when the lease is lost', () => {
    it('stops the run, and touches neither the row nor the output of the run that has it now', async () => {
      const job = await aClaimedJob();
      transcoder.next(hangs());
      const run = sut.execute(job);
      await waitFor(() => transcoder.running === 1);
      await takeAway(job);
      const winner = await parts.claim(job.jobId);
      await storage.write(keyOf(winner), Readable.from(['theirs']), { contentType: 'audio/mpeg' });
      expect(await run).toBe('ack');
      expect(transcoder.requests[0]?.signal.reason).toBeInstanceOf(LeaseLost);
      expect(await read(job)).toMatchObject({ status: 'PROCESSING', leaseToken: winner.token });
      expect(await outputsOf(job)).toEqual([keyOf(winner)]);
    });

    it('deletes its own output, and only that, when another run has finished first', async () => {
      const job = await aClaimedJob();
      transcoder.next(async (request) => {
        await takeAway(job);
        const winner = await parts.claim(job.jobId);
        await new ConvertVideoUseCase(
          storage,
          new FakeTranscoder(),
          worker.keeper,
          worker.finisher,
          worker.workspace,
        ).execute(winner);
        vi.spyOn(worker.leases, 'beat').mockResolvedValue(new Set([job.token]));
        return succeeds('late')(request);
      });
      const stored = vi.spyOn(storage, 'writeFile');
      expect(await sut.execute(job)).toBe('ack');
      const row = await read(job);
      expect(stored.mock.calls.map(([key]) => key)).toEqual([row.outputKey, keyOf(job)]);
      expect(await outputsOf(job)).toEqual([row.outputKey]);
      expect(row).toMatchObject({ status: 'DONE', attempt: 2 });
      expect(await parts.eventsOf(job.jobId)).toHaveLength(1);
    });

    it('keeps the output that has won, where the answer that said so was lost', async () => {
      const job = await aClaimedJob();
      const markDone = worker.leases.markDone.bind(worker.leases);
      vi.spyOn(worker.leases, 'markDone').mockImplementationOnce(async (...move) => {
        await markDone(...move);
        // The beat comes before the answer, and finds the token gone.
        worker.keeper.stopAll(new LeaseLost());
        throw new Error('Connection lost');
      });
      expect(await sut.execute(job)).toBe('ack');
      expect(await read(job)).toMatchObject({ status: 'DONE', outputKey: keyOf(job) });
      expect(await outputsOf(job)).toEqual([keyOf(job)]);
    });

    it('leaves its output to the sweeper where the row cannot be read', async () => {
      const job = await aClaimedJob();
      vi.spyOn(worker.leases, 'markDone').mockImplementationOnce(async () => {
        await parts.takeDatabaseAway();
        worker.keeper.stopAll(new LeaseLost());
        return false;
      });
      expect(await sut.execute(job)).toBe('ack');
      expect(await outputsOf(job)).toEqual([keyOf(job)]);
    });
  });

  describe('when the worker drains', () => {
    async function drained(job: ClaimedJob, script: Script): Promise<string> {
      transcoder.next(script);
      const run = sut.execute(job);
      await waitFor(() => transcoder.running === 1);
      worker.keeper.stopAll(new Draining());
      return run;
    }

    it('gives the job back with its attempt, and returns the message', async () => {
      const job = await aClaimedJob();
      expect(await drained(job, hangs())).toBe('return');
      expect(await read(job)).toMatchObject({ status: 'PENDING', attempt: 1, maxAttempts: 6, dispatchedAt: null });
    });

    it('deletes an output that it had stored already', async () => {
      const job = await aClaimedJob();
      vi.spyOn(worker.leases, 'markDone').mockImplementation(() => {
        worker.keeper.stopAll(new Draining());
        return Promise.reject(new Error('Connection lost'));
      });
      expect(await sut.execute(job)).toBe('return');
      expect(await read(job)).toMatchObject({ status: 'PENDING', maxAttempts: 6 });
      expect(await outputsOf(job)).toEqual([]);
    });

    it('does not give back what ran while it stood still', async () => {
      const job = await aClaimedJob();
      const stoodStill: Script = (request) => {
        const now = performance.now.bind(performance);
        vi.spyOn(performance, 'now').mockImplementation(() => now() + 6_000);
        return hangs()(request);
      };
      expect(await drained(job, stoodStill)).toBe('return');
      expect(await read(job)).toMatchObject({ status: 'PROCESSING', leaseToken: job.token, maxAttempts: 5 });
    });
  });

  it('lets the new run win where a worker claims the job again that it has lost', async () => {
    const old = await aClaimedJob();
    let end: () => void = () => undefined;
    transcoder.next(waitsFor(new Promise<void>((resolve) => (end = resolve)), 'old'), succeeds('new'));
    // No beat finds out before the old run ends.
    vi.spyOn(worker.leases, 'beat').mockImplementation((list) =>
      Promise.resolve(new Set(list.map(({ token }) => token))),
    );
    const oldRun = sut.execute(old);
    await waitFor(() => transcoder.running === 1);
    await takeAway(old);
    const fresh = await parts.claim(old.jobId);
    const stored = vi.spyOn(storage, 'writeFile');
    expect(await sut.execute(fresh)).toBe('ack');
    end();
    expect(await oldRun).toBe('ack');
    expect(stored.mock.calls.map(([key]) => key)).toEqual([keyOf(fresh), keyOf(old)]);
    expect(await read(fresh)).toMatchObject({ status: 'DONE', outputKey: keyOf(fresh), attempt: 2 });
    expect(await outputsOf(old)).toEqual([keyOf(fresh)]);
    expect(await text(await storage.read(keyOf(fresh)))).toBe('new');
    expect(await parts.eventsOf(old.jobId)).toHaveLength(1);
  });

  it('keeps the new run going while the beat stops the old one', async () => {
    const old = await aClaimedJob();
    let end: () => void = () => undefined;
    const opened = new Promise<void>((resolve) => (end = resolve));
    transcoder.next(hangs(), waitsFor(opened));
    const oldRun = sut.execute(old);
    await waitFor(() => transcoder.running === 1);
    await takeAway(old);
    const fresh = await parts.claim(old.jobId, randomUUID());
    const freshRun = sut.execute(fresh);
    expect(await oldRun).toBe('ack');
    expect(transcoder.running).toBe(1);
    end();
    expect(await freshRun).toBe('ack');
    expect(await read(fresh)).toMatchObject({ status: 'DONE', outputKey: keyOf(fresh) });
  });
});
