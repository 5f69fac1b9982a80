import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PeriodicTask } from './periodic-task.js';

const INTERVAL_MS = 1_000;

describe('PeriodicTask', () => {
  let finish: () => void;
  const work = vi.fn<() => Promise<void>>();
  let sut: PeriodicTask;

  beforeEach(() => {
    vi.useFakeTimers();
    work.mockReset().mockResolvedValue();
    sut = new PeriodicTask('The work', INTERVAL_MS, work);
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  const hangOnce = (): unknown => work.mockReturnValueOnce(new Promise((resolve) => (finish = resolve)));
  const pass = (intervals: number): Promise<unknown> => vi.advanceTimersByTimeAsync(intervals * INTERVAL_MS);

  it('runs its work again and again', async () => {
    sut.start();
    expect(work).not.toHaveBeenCalled();
    await pass(3);
    expect(work).toHaveBeenCalledTimes(3);
  });

  it('does not put off the first turn of a rare task', async () => {
    const hourly = new PeriodicTask('The rare work', 3_600_000, work);
    hourly.start();
    await pass(60);
    expect(work).toHaveBeenCalledTimes(1);
    await pass(3_599);
    expect(work).toHaveBeenCalledTimes(1);
    await pass(1);
    expect(work).toHaveBeenCalledTimes(2);
    await hourly.stop();
  });

  it('never runs it twice at once', async () => {
    hangOnce();
    sut.start();
    await pass(5);
    expect(work).toHaveBeenCalledTimes(1);
    finish();
    await pass(1);
    expect(work).toHaveBeenCalledTimes(2);
  });

  it('survives failures, and logs a lasting failure and its end once', async () => {
    const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const log = vi.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined);
    work.mockRejectedValueOnce(new Error('1')).mockRejectedValueOnce(new Error('2'));
    sut.start();
    await pass(2);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(log).not.toHaveBeenCalled();
    await pass(2);
    expect(work).toHaveBeenCalledTimes(4);
    expect(log).toHaveBeenCalledTimes(1);
  });

  it('outlives work that throws before it returns a promise', async () => {
    vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    work.mockImplementationOnce(() => {
      throw new Error('at once');
    });
    sut.start();
    await pass(2);
    expect(work).toHaveBeenCalledTimes(2);
  });

  it('waits at its stop for the work under way, and begins no other', async () => {
    hangOnce();
    sut.start();
    await pass(1);
    let hasStopped = false;
    const stopped = sut.stop().then(() => (hasStopped = true));
    await pass(1);
    expect(hasStopped).toBe(false);
    finish();
    await stopped;
    await pass(3);
    expect(work).toHaveBeenCalledTimes(1);
  });

  it('can be stopped before its first turn, and for good', async () => {
    sut.start();
    await sut.stop();
    sut.start();
    await pass(3);
    expect(work).not.toHaveBeenCalled();
  });
});
