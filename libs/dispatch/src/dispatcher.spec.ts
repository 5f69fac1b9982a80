import type { Dispatch, DispatchRepository } from '@app/database';
import { MessagePublisher, type PublishOutcome, type QueueState } from '@app/messaging';
import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Dispatcher } from './dispatcher.js';

class FakePublisher extends MessagePublisher {
  readonly publish = vi.fn((): Promise<PublishOutcome> => Promise.resolve('confirmed'));
  readonly queueState = vi.fn((): Promise<QueueState> => Promise.resolve({ readyMessages: 0, consumers: 0 }));
  readonly check = (): Promise<void> => Promise.resolve();
}

type Jobs = Pick<DispatchRepository, 'pick' | 'undo' | 'redispatchLost' | 'hasOverdue'>;

const aDispatch = (jobId: string): Dispatch => ({ jobId, dispatchedAt: 'now', requestId: null, traceparent: null });

function aDispatcher() {
  const jobs = {
    pick: vi.fn<Jobs['pick']>(() => Promise.resolve([])),
    undo: vi.fn<Jobs['undo']>(() => Promise.resolve()),
    redispatchLost: vi.fn<Jobs['redispatchLost']>(() => Promise.resolve(0)),
    hasOverdue: vi.fn<Jobs['hasOverdue']>(() => Promise.resolve(false)),
  };
  const publisher = new FakePublisher();
  return { jobs, publisher, sut: new Dispatcher(jobs as Jobs as DispatchRepository, publisher) };
}

/** A promise and the way to settle it. */
function deferred<T>() {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((settle) => (resolve = settle));
  return { promise, resolve };
}

describe('Dispatcher', () => {
  beforeAll(() => Logger.overrideLogger(false));
  afterAll(() => Logger.overrideLogger(new Logger()));

  it('picks once more after any number of wake-ups during a pick', async () => {
    const { jobs, sut } = aDispatcher();
    const picking = deferred<Dispatch[]>();
    jobs.pick.mockReturnValueOnce(picking.promise);
    for (let i = 0; i < 100; i += 1) sut.wake();
    expect(jobs.pick).toHaveBeenCalledTimes(1);
    picking.resolve([]);
    await sut.beforeApplicationShutdown();
    expect(jobs.pick).toHaveBeenCalledTimes(1);
  });

  it('does not lose a wake-up at any moment of a dispatch', async () => {
    for (let turns = 0; turns < 20; turns += 1) {
      const { jobs, sut } = aDispatcher();
      sut.wake();
      for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
      const before = jobs.pick.mock.calls.length;
      sut.wake();
      await vi.waitFor(() => expect(jobs.pick.mock.calls.length).toBeGreaterThan(before));
    }
  });

  it('waits for running publishes on shutdown, and starts no more', async () => {
    const { jobs, publisher, sut } = aDispatcher();
    const publishing = deferred<PublishOutcome>();
    jobs.pick.mockResolvedValue([aDispatch('a'), aDispatch('b')]);
    publisher.publish.mockRejectedValueOnce(new Error('on purpose')).mockReturnValue(publishing.promise);
    sut.wake();
    await vi.waitFor(() => expect(publisher.publish).toHaveBeenCalledTimes(2));
    let hasStopped = false;
    const stopped = sut.beforeApplicationShutdown().then(() => (hasStopped = true));
    sut.wake();
    const swept = sut.sweep();
    await new Promise(setImmediate);
    expect(hasStopped).toBe(false);
    publishing.resolve('rejected');
    await Promise.all([stopped, swept]);
    expect(jobs.undo).toHaveBeenCalledWith(aDispatch('b'));
    expect(jobs.pick).toHaveBeenCalledTimes(1);
  });

  it('sweeps after a running dispatch, not at the same time', async () => {
    const { jobs, sut } = aDispatcher();
    const picking = deferred<Dispatch[]>();
    jobs.pick.mockReturnValueOnce(picking.promise);
    sut.wake();
    const swept = sut.sweep();
    await new Promise(setImmediate);
    expect(jobs.hasOverdue).not.toHaveBeenCalled();
    picking.resolve([]);
    await swept;
    expect(jobs.hasOverdue).toHaveBeenCalledTimes(1);
    expect(jobs.pick).toHaveBeenCalledTimes(2);
  });

  it('probes a broker that rejects messages with one job, at most once a second, also in a process without sweeps', async () => {
    let now = 10_000;
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now);
    const { jobs, publisher, sut } = aDispatcher();
    const wakeUp = async (): Promise<void> => {
      sut.wake();
      await new Promise(setImmediate);
    };
    jobs.pick.mockResolvedValueOnce([aDispatch('a')]).mockResolvedValueOnce([aDispatch('a')]);
    publisher.publish.mockResolvedValueOnce('rejected');
    await wakeUp();
    now += 999;
    await wakeUp();
    expect(jobs.pick).toHaveBeenCalledTimes(1);
    now += 1;
    await wakeUp();
    expect(jobs.pick.mock.calls).toEqual([[100], [1], [100]]);
    clock.mockRestore();
  });

  it('survives an unavailable database', async () => {
    const { jobs, sut } = aDispatcher();
    jobs.pick.mockRejectedValueOnce(new Error('on purpose'));
    await sut.sweep();
    await sut.sweep();
    expect(jobs.pick).toHaveBeenCalledTimes(2);
  });

  it('treats a queue that it cannot inspect as full', async () => {
    const { jobs, publisher, sut } = aDispatcher();
    jobs.hasOverdue.mockResolvedValue(true);
    publisher.queueState.mockRejectedValueOnce(new Error('on purpose'));
    await sut.sweep();
    expect(jobs.redispatchLost).toHaveBeenLastCalledWith(false);
    publisher.queueState.mockResolvedValueOnce({ readyMessages: 1, consumers: 0 });
    await sut.sweep();
    expect(jobs.redispatchLost).toHaveBeenLastCalledWith(false);
    await sut.sweep();
    expect(jobs.redispatchLost).toHaveBeenLastCalledWith(true);
  });
});
