import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Availability } from './availability.js';
import { readJob, type ConversionJob } from './conversion-job.js';
import { JobPoller } from './job-poller.js';
import { AbortedError, ProblemError, UnreachableError } from './problem.js';
import { RetryTimeoutError } from './retry-policy.js';

const idOf = (index: number): string => `0b0f4e0c-6d0c-4bb7-9c39-${String(index).padStart(12, '0')}`;
const ID = idOf(1);
const job = (status: string, id = ID): ConversionJob => readJob({ id, status });
const unreachable = new UnreachableError(new Error('refused'));
const unauthorized = new ProblemError(401, JSON.stringify({ code: 'unauthorized', detail: 'Sign in.' }));

describe('the job poller', () => {
  const onJob = vi.fn<(job: ConversionJob) => void>();
  const onError = vi.fn<(error: unknown) => void>();
  const onUnavailable = vi.fn<() => void>();
  const onAvailable = vi.fn<() => void>();
  const onUnauthorized = vi.fn<() => void>();
  const status = vi.fn<(jobId: string) => Promise<ConversionJob>>();
  const listener = { onJob, onError };
  let sut: JobPoller;

  beforeEach(() => {
    vi.useFakeTimers();
    for (const mock of [onJob, onError, onUnavailable, onAvailable, onUnauthorized, status]) mock.mockReset();
    const availability = new Availability({ onUnavailable, onAvailable });
    sut = new JobPoller({ status, intervalMs: () => 1_000, availability, onUnauthorized, timeoutMs: 60_000 });
  });
  afterEach(() => {
    sut.stop();
    vi.useRealTimers();
  });

  it('asks in the interval until the job has ended, and then no more', async () => {
    status.mockResolvedValueOnce(job('PROCESSING')).mockResolvedValueOnce(job('DONE'));
    sut.add(ID, listener);
    await vi.advanceTimersByTimeAsync(0);
    expect(onJob.mock.lastCall?.[0].status).toBe('PROCESSING');
    await vi.advanceTimersByTimeAsync(999);
    expect(status).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(100_000);
    expect(onJob.mock.lastCall?.[0].status).toBe('DONE');
    expect(status).toHaveBeenCalledTimes(2);
  });

  it('asks for two hundred without a pause, six at a time, each once before any twice', async () => {
    let atATime = 0;
    let most = 0;
    status.mockImplementation(async (id) => {
      most = Math.max(most, (atATime += 1));
      await Promise.resolve();
      atATime -= 1;
      return job('PROCESSING', id);
    });
    for (let i = 0; i < 200; i += 1) sut.add(idOf(i), listener);
    await vi.advanceTimersByTimeAsync(900);
    const ids = status.mock.calls.map(([id]) => id);
    expect([new Set(ids.slice(0, 200)).size, most]).toEqual([200, 6]);
  });

  it('requests less and less often while the service is unavailable, and reports when it is back', async () => {
    status.mockRejectedValue(unreachable);
    sut.add(ID, listener);
    await vi.advanceTimersByTimeAsync(1_000 + 2_000 + 4_000);
    expect(status).toHaveBeenCalledTimes(4);
    expect([onUnavailable.mock.calls.length, onAvailable.mock.calls.length]).toEqual([1, 0]);
    status.mockResolvedValue(job('DONE'));
    await vi.advanceTimersByTimeAsync(8_000);
    expect([onUnavailable.mock.calls.length, onAvailable.mock.calls.length]).toEqual([1, 1]);
  });

  it('does not report the service as unavailable because of one job', async () => {
    status.mockImplementation(async (id) => {
      if (id === ID) throw new ProblemError(500, '');
      return job('PROCESSING', id);
    });
    for (const id of [ID, idOf(2)]) sut.add(id, listener);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(onUnavailable).not.toHaveBeenCalled();
    expect(status.mock.calls.length).toBeLessThanOrEqual(22);
    expect(status.mock.calls.length).toBeGreaterThanOrEqual(20);
  });

  it('gives up all jobs if the service stays unavailable', async () => {
    status.mockRejectedValue(unreachable);
    for (let i = 0; i < 20; i += 1) sut.add(idOf(i), listener);
    await vi.advanceTimersByTimeAsync(100_000);
    expect(onError.mock.calls.map(([error]) => error instanceof RetryTimeoutError)).toEqual(Array(20).fill(true));
    expect(onAvailable).not.toHaveBeenCalled();
  });

  it('reports an invalid token once, and nothing about one that was replaced meanwhile', async () => {
    status.mockRejectedValue(unauthorized);
    sut.add(ID, listener);
    await vi.advanceTimersByTimeAsync(100_000);
    expect([onUnauthorized.mock.calls.length, status.mock.calls.length]).toEqual([1, 1]);

    let fail = (_error: Error): void => undefined;
    status.mockImplementationOnce(() => new Promise((_resolve, reject) => (fail = reject)));
    sut.resume();
    await vi.advanceTimersByTimeAsync(0);
    sut.pause();
    sut.resume();
    status.mockResolvedValue(job('DONE'));
    fail(unauthorized);
    await vi.advanceTimersByTimeAsync(0);
    expect(onUnauthorized).toHaveBeenCalledTimes(1);
    expect(status).toHaveBeenCalledTimes(3);
  });

  it('reports nothing after it was stopped', async () => {
    let fail = (_error: Error): void => undefined;
    status.mockImplementationOnce(() => new Promise((_resolve, reject) => (fail = reject)));
    sut.add(ID, listener);
    await vi.advanceTimersByTimeAsync(0);
    sut.stop();
    fail(unreachable);
    await vi.advanceTimersByTimeAsync(100_000);
    expect([onUnavailable.mock.calls.length, onError.mock.calls.length, status.mock.calls.length]).toEqual([0, 0, 1]);
  });

  it('gives up a job that the service does not know', async () => {
    const unknown = new ProblemError(404, JSON.stringify({ code: 'not_found', detail: 'None.' }));
    status.mockRejectedValue(unknown);
    sut.add(ID, listener);
    await vi.advanceTimersByTimeAsync(100_000);
    expect([onError.mock.calls, status.mock.calls.length]).toEqual([[[unknown]], 1]);
  });

  it('waits for the end of a job until it is aborted, and asks no more then', async () => {
    status.mockResolvedValueOnce(job('PROCESSING')).mockResolvedValueOnce(job('FAILED'));
    const ended = sut.waitUntilEnded(ID, onJob, new AbortController().signal);
    await vi.advanceTimersByTimeAsync(1_000);
    expect((await ended).status).toBe('FAILED');

    status.mockResolvedValue(job('PROCESSING'));
    const abort = new AbortController();
    const outcome = sut.waitUntilEnded(ID, onJob, abort.signal).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(0);
    abort.abort();
    expect(await outcome).toBeInstanceOf(AbortedError);
    expect(vi.getTimerCount()).toBe(0);
  });
});
