import { CoreEnv } from '@app/config';
import { LeaseRepository, OwnerLock, type Lease } from '@app/database';
import type { AmqpTransportStrategy } from '@app/messaging';
import { Logger } from '@nestjs/common';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { LeaseKeeper } from './lease-keeper.js';
import { RunningJobs } from './running-jobs.js';
import { ShutdownError } from './stop-reasons.js';

/** Waits that the test ends: one of 0 ms ends at once. */
const waits = vi.hoisted(() => [] as (() => void)[]);
vi.mock('node:timers/promises', () => ({
  setTimeout: (ms: number, value: unknown) =>
    new Promise((resolve) => (ms === 0 ? resolve(value) : waits.push(() => resolve(value)))),
}));
const { WorkerLifecycle } = await import('./worker-lifecycle.js');

const LEASE: Lease = { jobId: 'job', token: 'token' };
const open = new AbortController().signal;

describe('WorkerLifecycle', () => {
  let jobs: RunningJobs;
  let keeper: LeaseKeeper;
  let steps: string[];

  beforeEach(() => {
    Logger.overrideLogger(false);
    waits.splice(0);
    jobs = new RunningJobs(2);
    keeper = new LeaseKeeper(
      Object.create(LeaseRepository.prototype) as LeaseRepository,
      Object.create(OwnerLock.prototype) as OwnerLock,
    );
    steps = [];
  });

  function lifecycle(drainSeconds: number): InstanceType<typeof WorkerLifecycle> {
    const consumer: Partial<AmqpTransportStrategy> = {
      pause: () => void steps.push('pause'),
      drained: async () => void steps.push('drained'),
    };
    const lock: Partial<OwnerLock> = { stop: async () => void steps.push('unlock') };
    const core = Object.assign(new CoreEnv(), { DRAIN_SECONDS: drainSeconds });
    return new WorkerLifecycle(core, lock as OwnerLock, consumer as AmqpTransportStrategy, jobs, keeper);
  }

  it('lets a job finish within the grace period, and starts no other', async () => {
    let end: () => void = () => undefined;
    const held = keeper.hold(LEASE);
    const job = jobs.run(() => new Promise<void>((resolve) => (end = resolve)), open);
    const shutdown = lifecycle(3_600).beforeApplicationShutdown();
    expect(await jobs.run(() => Promise.resolve('started'), open)).toBe('dropped');
    expect(held.signal.aborted).toBe(false);
    expect(steps).toEqual(['pause']);
    end();
    await Promise.all([shutdown, job]);
    expect(steps).toEqual(['pause', 'drained', 'unlock']);
  });

  it('stops running jobs after the grace period, and waits for them', async () => {
    const { signal } = keeper.hold(LEASE);
    const stopped = (): Promise<void> => new Promise((resolve) => signal.addEventListener('abort', () => resolve()));
    const job = jobs.run(stopped, open);
    await lifecycle(0).beforeApplicationShutdown();
    expect(signal.reason).toBeInstanceOf(ShutdownError);
    await job;
    expect(steps).toEqual(['pause', 'drained', 'unlock']);
  });

  it('does not wait for ever for a job that does not stop', async () => {
    void jobs.run(() => new Promise<void>(() => undefined), open);
    const shutdown = lifecycle(0).beforeApplicationShutdown();
    await expect.poll(() => waits.length).toBe(1);
    waits[0]?.();
    await shutdown;
    expect(steps).toEqual(['pause', 'unlock']);
  });
});
