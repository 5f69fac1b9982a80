import { LeaseRepository, type Lease } from '@app/database';
import { beforeEach, describe, expect, it } from 'vitest';
import { DrainSignal } from './drain-signal.js';
import { LeaseKeeper } from './lease-keeper.js';
import { Slots } from './slots.js';
import { Draining } from './stop-reason.js';
import { WorkInHand } from './work-in-hand.js';

/** Longer than any test may last: a drain that waited so long would be seen. */
const LONG_MS = 3_600_000;
const LEASE: Lease = { jobId: 'job', token: 'token' };

describe('WorkInHand', () => {
  let slots: Slots;
  let drainSignal: DrainSignal;
  let keeper: LeaseKeeper;
  let sut: WorkInHand;

  beforeEach(() => {
    slots = new Slots(2);
    drainSignal = new DrainSignal();
    keeper = new LeaseKeeper(Object.create(LeaseRepository.prototype) as LeaseRepository);
    sut = new WorkInHand(keeper, slots, drainSignal);
  });

  it('lets a job end that ends within the grace period, and starts no other', async () => {
    let end: () => void = () => undefined;
    const held = keeper.hold(LEASE);
    const job = slots.use(() => new Promise<void>((resolve) => (end = resolve)));
    const drained = sut.drain(LONG_MS, 0);
    expect(await slots.use(() => Promise.resolve('started'))).toBe('closed');
    expect(held.signal.aborted).toBe(false);
    end();
    expect(await drained).toBe(true);
    await job;
  });

  it('tells at once everybody who waits for a service', () => {
    void sut.drain(0, 0);
    expect(drainSignal.signal.reason).toBeInstanceOf(Draining);
  });

  it('stops what runs after the grace period, and waits for it', async () => {
    const { signal } = keeper.hold(LEASE);
    const job = slots.use(() => new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve())));
    expect(await sut.drain(1, LONG_MS)).toBe(true);
    expect(signal.reason).toBeInstanceOf(Draining);
    await job;
  });

  it('does not wait for ever for a job that cannot be stopped', async () => {
    void slots.use(() => new Promise<void>(() => undefined));
    expect(await sut.drain(1, 1)).toBe(false);
  });
});
