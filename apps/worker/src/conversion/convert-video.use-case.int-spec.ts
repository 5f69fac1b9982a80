import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { conversionFailure, type FailureCode } from '@app/domain';
import { waitFor } from '@app/testing';
import { Logger } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { ArmedFailpoints } from '../../test/armed-failpoints.js';
import { ConversionFixture } from '../../test/conversion-fixture.js';
import { fails, succeeds, type FakeTranscoder } from '../../test/fake-transcoder.js';
import type { ConvertVideoUseCase } from './convert-video.use-case.js';

describe('ConvertVideoUseCase', () => {
  let fixture: ConversionFixture;
  let failpoints: ArmedFailpoints;
  let worker: ReturnType<ConversionFixture['aUseCase']>['worker'];
  let transcoder: FakeTranscoder;
  let sut: ConvertVideoUseCase;

  beforeAll(async () => {
    fixture = await ConversionFixture.create();
    failpoints = await ArmedFailpoints.enable();
  });
  beforeEach(() => {
    ({ worker, transcoder, sut } = fixture.aUseCase());
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await fixture.settle();
  });
  afterAll(async () => {
    await failpoints.disable();
    await fixture.remove();
  });

  it('makes a job DONE, with the output under a key of this run, its size and hash, and one event', async () => {
    const job = await fixture.aClaimedJob();
    let seen: unknown;
    transcoder.next(async (request) => {
      seen = await readFile(request.sourcePath, 'utf8');
      request.onProgress({ percent: 42, outTimeMs: 600 });
      await waitFor(async () => (await fixture.read(job)).progress === 42, { what: 'the progress' });
      return succeeds('the audio')(request);
    });
    expect(await sut.execute(job)).toBe('ack');
    expect(seen).toBe('the video');
    expect(await fixture.read(job)).toMatchObject({
      status: 'DONE',
      error: null,
      progress: 100,
      outputKey: `output/${job.jobId}/1-${job.token}.mp3`,
      outputSize: 9,
      outputSha256: '5760035c332e790b3821ef93ef118bc84bb37e12e85ca29c2e65a80addc252c3',
      durationMs: 1_500,
      encoding: 'encoded',
      leaseToken: null,
    });
    expect(await text(await fixture.storage.read(fixture.keyOf(job)))).toBe('the audio');
    expect(await fixture.parts.eventsOf(job.jobId)).toEqual([{ status: 'DONE', error: null }]);
  });

  it('is DONE before its files are removed, which nobody waits for', async () => {
    const job = await fixture.aClaimedJob();
    let output = '';
    transcoder.next(async (request) => succeeds()(request).finally(() => (output = request.outputPath)));
    const { markDone } = worker.finisher;
    const finishing = vi.spyOn(worker.finisher, 'markDone').mockImplementation(async (...call) => {
      expect(await readFile(output, 'utf8')).toBe('the audio');
      return markDone.apply(worker.finisher, call);
    });
    expect(await sut.execute(job)).toBe('ack');
    expect(finishing).toHaveBeenCalledOnce();
    expect(await fixture.read(job)).toMatchObject({ status: 'DONE' });
  });

  it('logs how long each step took', async () => {
    const log = vi.spyOn(Logger.prototype, 'log');
    await sut.execute(await fixture.aClaimedJob());
    const logged = log.mock.calls.map(([line]) => line as object).find((line) => 'steps_ms' in line);
    const ms = expect.any(Number) as number;
    expect(logged).toMatchObject({ msg: 'Converted', steps_ms: { fetch: ms, store: ms, finish: ms } });
  });

  it('releases its lease when it ends', async () => {
    const heartbeat = vi.spyOn(worker.leases, 'heartbeat');
    const [ended, running] = [await fixture.aClaimedJob(), await fixture.aClaimedJob()];
    await sut.execute(ended);
    worker.keeper.hold(running);
    heartbeat.mockClear();
    await waitFor(() => heartbeat.mock.calls.length > 0, { what: 'a heartbeat' });
    expect(heartbeat.mock.calls[0]?.[0].map(({ token }) => token)).toEqual([running.token]);
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
      const job = await fixture.aClaimedJob();
      transcoder.next(fails(code));
      expect(await sut.execute(job)).toBe('ack');
      expect(await fixture.read(job)).toMatchObject({ status: 'FAILED', error: code, attempt: 1 });
      expect(await fixture.parts.eventsOf(job.jobId)).toEqual([{ status: 'FAILED', error: code }]);
    });

    it('keeps with the job what the sentence names', async () => {
      const job = await fixture.aClaimedJob();
      transcoder.next(() => Promise.reject(conversionFailure('unsupported_format', undefined, { format: 'Speex' })));
      await sut.execute(job);
      expect(await fixture.read(job)).toMatchObject({ error: 'unsupported_format', errorParams: { format: 'Speex' } });
    });

    it.each<FailureCode>(['timed_out', 'ffmpeg_failed', 'resource_limit'])('attempts %s twice', async (code) => {
      const [first, second] = [await fixture.aClaimedJob(), await fixture.aClaimedJob({ attempt: 1 })];
      transcoder.next(fails(code), fails(code));
      await sut.execute(first);
      await sut.execute(second);
      expect(await fixture.read(first)).toMatchObject({ status: 'PENDING', error: null, attempt: 1 });
      expect(await fixture.read(second)).toMatchObject({ status: 'FAILED', error: code, attempt: 2 });
    });

    it.each<FailureCode>(['timed_out', 'ffmpeg_failed', 'resource_limit'])(
      'attempts %s a second time although an attempt was given back before',
      async (code) => {
        const job = await fixture.aClaimedJob({ attempt: 1, uncounted_attempts: 1, max_attempts: 6 });
        transcoder.next(fails(code));
        await sut.execute(job);
        const row = await fixture.read(job);
        expect(row).toMatchObject({ status: 'PENDING', attempt: 2 });
        expect(row.dispatchAfter.getTime() - row.updatedAt.getTime()).toBeLessThanOrEqual(2_401);
      },
    );

    it.each([
      [1, 2_000],
      [2, 10_000],
      [3, 60_000],
      [4, 300_000],
    ])('delays the retry after attempt %i by about %i ms', async (attempt, delayMs) => {
      const job = await fixture.aClaimedJob({ attempt: attempt - 1 });
      transcoder.next(() => Promise.reject(new Error('of unknown kind')));
      expect(await sut.execute(job)).toBe('ack');
      const row = await fixture.read(job);
      expect(row).toMatchObject({ status: 'PENDING', attempt, maxAttempts: 5, dispatchedAt: null });
      const offMs = row.dispatchAfter.getTime() - row.updatedAt.getTime();
      expect(Math.abs(offMs - delayMs)).toBeLessThanOrEqual(delayMs * 0.2 + 1);
      expect(await fixture.parts.eventsOf(job.jobId)).toEqual([]);
    });

    it('ends FAILED with its own code after the last attempt', async () => {
      const job = await fixture.aClaimedJob({ attempt: 4 });
      transcoder.next(() => Promise.reject(new Error('of unknown kind')));
      await sut.execute(job);
      expect(await fixture.read(job)).toMatchObject({ status: 'FAILED', error: 'unknown_error', attempt: 5 });
    });
  });

  describe('when the store fails', () => {
    it('retries if the source cannot be read, up to the last attempt', async () => {
      const [first, last] = [await fixture.parts.aClaimedJob(), await fixture.parts.aClaimedJob({ attempt: 4 })];
      await sut.execute(first);
      await sut.execute(last);
      expect(await fixture.read(first)).toMatchObject({ status: 'PENDING', attempt: 1 });
      expect(await fixture.read(last)).toMatchObject({ status: 'FAILED', error: 'storage_download_failed' });
      expect(transcoder.requests).toEqual([]);
    });

    it.each(['output.object-write.before', 'output.object-write.after'] as const)(
      'retries if the output cannot be stored, and leaves no output (%s)',
      async (point) => {
        const [first, last] = [await fixture.aClaimedJob(), await fixture.aClaimedJob({ attempt: 4 })];
        await failpoints.throwAt(point);
        await sut.execute(first);
        await failpoints.throwAt(point);
        await sut.execute(last);
        expect(await fixture.read(first)).toMatchObject({ status: 'PENDING', attempt: 1 });
        expect(await fixture.read(last)).toMatchObject({ status: 'FAILED', error: 'storage_upload_failed' });
        expect([...(await fixture.outputsOf(first)), ...(await fixture.outputsOf(last))]).toEqual([]);
      },
    );

    it('rejects a stored output that differs in size from the local file', async () => {
      const job = await fixture.aClaimedJob();
      transcoder.next(async (request) => ({ ...(await succeeds()(request)), sizeBytes: 10 }));
      await sut.execute(job);
      expect(await fixture.read(job)).toMatchObject({ status: 'PENDING', outputKey: null });
      expect(await fixture.outputsOf(job)).toEqual([]);
    });
  });
});
