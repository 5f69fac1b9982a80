import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Availability } from './availability.js';
import { AbortedError, ProblemError, UnreachableError } from './problem.js';
import { backOffMs, RetryPolicy, RetryTimeoutError } from './retry-policy.js';

it('the back-off grows up to a bound', () => {
  expect([1, 2, 3, 4, 5, 6, 100].map(backOffMs)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 16_000, 16_000]);
});

describe('the retry policy', () => {
  const unreachable = new UnreachableError(new Error('refused'));
  const onUnavailable = vi.fn<() => void>();
  const onAvailable = vi.fn<() => void>();
  const work = vi.fn<(onProgress: () => void) => Promise<string>>();
  let abort: AbortController;
  let sut: RetryPolicy;

  beforeEach(() => {
    vi.useFakeTimers();
    for (const mock of [onUnavailable, onAvailable, work]) mock.mockReset();
    abort = new AbortController();
    const availability = new Availability({ onUnavailable, onAvailable });
    sut = new RetryPolicy({ timeoutMs: 10_000, signal: abort.signal, availability });
  });
  afterEach(() => vi.useRealTimers());

  it('repeats what failed for now, and reports the outage and its end once', async () => {
    work.mockRejectedValueOnce(unreachable).mockRejectedValueOnce(unreachable).mockResolvedValue('done');
    const runs = [sut.run(work), sut.run(async () => 'other')];
    await vi.advanceTimersByTimeAsync(1_000 + 2_000);
    expect(await Promise.all(runs)).toEqual(['done', 'other']);
    expect([onUnavailable.mock.calls.length, onAvailable.mock.calls.length, work.mock.calls.length]).toEqual([1, 1, 3]);
  });

  it('waits as long as the service asks for, up to a bound', async () => {
    work.mockRejectedValueOnce(new ProblemError(503, '', '5')).mockResolvedValue('done');
    const run = sut.run(work);
    await vi.advanceTimersByTimeAsync(4_999);
    expect(work).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(await run).toBe('done');
  });

  it('does not repeat what fails for good', async () => {
    const error = new ProblemError(404, '');
    work.mockRejectedValue(error);
    await expect(sut.run(work)).rejects.toBe(error);
    expect(work).toHaveBeenCalledTimes(1);
  });

  it('gives up after the timeout, which does not mean that the service is back', async () => {
    work.mockRejectedValue(unreachable);
    const outcome = sut.run(work).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await outcome).toBeInstanceOf(RetryTimeoutError);
    expect([onUnavailable.mock.calls.length, onAvailable.mock.calls.length]).toEqual([1, 0]);
  });

  it('counts the timeout from the last progress', async () => {
    work.mockImplementation(async (onProgress) => {
      if (work.mock.calls.length > 5) return 'done';
      onProgress();
      throw unreachable;
    });
    const run = sut.run(work);
    await vi.advanceTimersByTimeAsync(1_000 + 2_000 + 4_000 + 8_000 + 16_000);
    expect(await run).toBe('done');
  });

  it('ends at once when it is aborted', async () => {
    work.mockRejectedValue(unreachable);
    const outcome = sut.run(work).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(0);
    abort.abort();
    expect(await outcome).toBeInstanceOf(AbortedError);
  });
});
