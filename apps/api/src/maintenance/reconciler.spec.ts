import {
  LEASE_SECONDS,
  type EndLease,
  type LeaseSnapshot,
  type ReconciliationRepository,
  type RunningLease,
} from '@app/database';
import type { Dispatcher } from '@app/dispatch';
import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { MaintenanceTasks } from './maintenance-tasks.js';
import { Reconciler } from './reconciler.js';

const LEASE_MS = LEASE_SECONDS * 1_000;
const PROMPT_ANSWER_MS = 20;
const SLOW_ANSWER_MS = 1_001;

const healthy: RunningLease = {
  jobId: 'job',
  token: 'token',
  leaseUntil: 'first',
  isExpired: false,
  isOwnerLockFree: false,
};
const ownerDead = { ...healthy, isOwnerLockFree: true };
const expired = { ...healthy, isExpired: true };

describe('Reconciler', () => {
  let now = 0;
  let answerMs: number;
  let endMs: number;
  let answer: LeaseSnapshot | null | Error;
  let ended: Pick<EndLease, 'token' | 'reason'>[];
  let changesRow: boolean;
  let wake: ReturnType<typeof vi.fn<() => void>>;
  let sut: Reconciler;

  beforeAll(() => {
    Logger.overrideLogger(false);
    vi.spyOn(performance, 'now').mockImplementation(() => now);
  });
  afterAll(() => {
    vi.restoreAllMocks();
    Logger.overrideLogger(new Logger());
  });
  beforeEach(() => {
    [answerMs, endMs, changesRow, ended] = [PROMPT_ANSWER_MS, PROMPT_ANSWER_MS, true, []];
    wake = vi.fn<() => void>();
    const repository: Pick<ReconciliationRepository, 'findRunningLeases' | 'endLease'> = {
      findRunningLeases: () => {
        now += answerMs;
        return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
      },
      endLease: ({ token, reason, databaseTime, leaseUntil }) => {
        expect(leaseUntil).toBe('first');
        expect(databaseTime).toBe('time of the snapshot');
        now += endMs;
        ended.push({ token, reason });
        return Promise.resolve(changesRow);
      },
    };
    sut = new Reconciler(
      repository as ReconciliationRepository,
      { wake } as Pick<Dispatcher, 'wake'> as Dispatcher,
      new MaintenanceTasks(),
    );
  });

  /** Reconciles once a second, beginning a second after the last time. */
  async function watch(durationMs: number, ...leases: RunningLease[]): Promise<void> {
    const until = now + durationMs;
    while (now + 1_000 <= until) await reconcileOnce(...leases);
  }

  async function reconcileOnce(...leases: RunningLease[]): Promise<void> {
    now += 1_000 - answerMs;
    answer = { databaseTime: 'time of the snapshot', leases };
    await sut.reconcile();
  }

  const gainTrust = (): Promise<void> => watch(LEASE_MS + 1_000, healthy);
  const tokens = (): string[] => ended.map(({ token }) => token);

  it('never touches the valid lease of a living owner', async () => {
    await watch(10 * LEASE_MS, healthy);
    expect(ended).toEqual([]);
  });

  it('trusts nothing until the database has answered promptly for a full lease', async () => {
    await watch(LEASE_MS - 1_000, expired);
    expect(ended).toEqual([]);
    await watch(2_000, expired);
    expect(ended[0]).toEqual({ token: 'token', reason: 'lease_expired' });
  });

  it('ends the lease of a dead owner when its lock is still free after two seconds', async () => {
    await gainTrust();
    await watch(2_000, ownerDead);
    expect(ended).toEqual([]);
    await watch(1_000, ownerDead);
    expect(ended).toEqual([{ token: 'token', reason: 'owner_dead' }]);
    expect(wake).toHaveBeenCalledTimes(1);
  });

  it('ends an expired lease when it is still unchanged after two seconds', async () => {
    await gainTrust();
    await watch(2_000, expired);
    expect(ended).toEqual([]);
    await watch(1_000, expired);
    expect(ended).toEqual([{ token: 'token', reason: 'lease_expired' }]);
  });

  it.each([
    ['whose lock is free', ownerDead],
    ['whose lease has expired, after a step of the clock', expired],
    ['whose lock is free and whose lease has expired', { ...ownerDead, isExpired: true }],
  ])('never takes a worker for dead that sends heartbeats, %s', async (_case, lease) => {
    await gainTrust();
    for (let i = 0; i < 60; i += 1) await watch(2_000, { ...lease, leaseUntil: `heartbeat ${i}` });
    expect(ended).toEqual([]);
  });

  it('takes two snapshots for two, however long the first one keeps it busy', async () => {
    await gainTrust();
    const leasesOf = (...names: string[]) => names.map((token) => ({ ...ownerDead, token }));
    await watch(2_000, ...leasesOf('a', 'b', 'c'));
    endMs = 900;
    await reconcileOnce(...leasesOf('a', 'b', 'c', 'new'));
    expect(tokens()).toEqual(['a', 'b', 'c']);
  });

  it('survives a restart of PostgreSQL: the owners are back in the next snapshot', async () => {
    await gainTrust();
    for (let i = 0; i < 5; i += 1) {
      await watch(2_000, ownerDead);
      await watch(1_000, healthy);
    }
    expect(ended).toEqual([]);
  });

  it('does not suspect the next lease of a job because of the last one', async () => {
    await gainTrust();
    for (const token of ['a', 'b', 'c', 'd']) await watch(2_000, { ...ownerDead, token });
    expect(ended).toEqual([]);
  });

  it('starts again with a lease that was missing in between', async () => {
    await gainTrust();
    await watch(2_000, ownerDead);
    await watch(1_000);
    await watch(2_000, ownerDead);
    expect(ended).toEqual([]);
  });

  describe.each([
    ['a slow answer', () => withAnswerAfter(SLOW_ANSWER_MS, () => reconcileOnce(healthy))],
    ['a failed query', () => failOnce()],
    ['a pause of its own', () => pause(3_100)],
    ['a slow end', () => withSlowEnd()],
  ])('after %s', (_case, disturb) => {
    it.each([
      ['an expired lease', expired],
      ['a dead owner', ownerDead],
    ])('does not act on %s before another full lease of prompt answers', async (_name, lease) => {
      await gainTrust();
      await disturb();
      ended = [];
      await watch(LEASE_MS - 1_000, lease);
      expect(ended).toEqual([]);
      await watch(2_000, lease);
      expect(tokens()).toContain('token');
    });

    it('forgets which owners it suspected', async () => {
      await gainTrust();
      await watch(2_000, ownerDead);
      await disturb();
      ended = [];
      await watch(1_000, ownerDead);
      expect(tokens()).toEqual([]);
    });
  });

  it('does not count a snapshot from before the disturbance as the first of two', async () => {
    await gainTrust();
    await watch(1_000, ownerDead);
    await failOnce();
    for (let second = 0; second <= LEASE_SECONDS; second += 1) await reconcileWhileAnotherDoes();
    await watch(1_000, ownerDead);
    expect(ended).toEqual([]);
  });

  it('does not act on the rest of a snapshot once an answer was slow', async () => {
    await gainTrust();
    const leases = ['a', 'b'].map((token) => ({ ...expired, token }));
    await watch(2_000, ...leases);
    endMs = SLOW_ANSWER_MS;
    await reconcileOnce(...leases);
    expect(tokens()).toEqual(['a']);
  });

  it('does nothing while another process reconciles', async () => {
    await gainTrust();
    await watch(2_000, ownerDead);
    await reconcileWhileAnotherDoes();
    expect(ended).toEqual([]);
  });

  it('wakes no dispatcher for a row that it did not change', async () => {
    await gainTrust();
    changesRow = false;
    await watch(3_000, expired);
    expect(ended).toHaveLength(1);
    expect(wake).not.toHaveBeenCalled();
  });

  async function withAnswerAfter(durationMs: number, work: () => Promise<void>): Promise<void> {
    answerMs = durationMs;
    await work();
    answerMs = PROMPT_ANSWER_MS;
  }

  async function reconcileWhileAnotherDoes(): Promise<void> {
    now += 1_000 - answerMs;
    answer = null;
    await sut.reconcile();
  }

  async function failOnce(): Promise<void> {
    now += 1_000;
    answer = new Error('on purpose');
    await expect(sut.reconcile()).rejects.toThrow('on purpose');
  }

  async function pause(durationMs: number): Promise<void> {
    now += durationMs;
    await reconcileOnce(healthy);
  }

  async function withSlowEnd(): Promise<void> {
    const another = { ...expired, token: 'another' };
    await watch(2_000, another);
    endMs = SLOW_ANSWER_MS;
    await reconcileOnce(another);
    expect(tokens()).toEqual(['another']);
    endMs = PROMPT_ANSWER_MS;
  }
});
