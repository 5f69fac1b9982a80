import { LEASE_SECONDS, type EndLease, type Look, type ReconcileRepository, type RunningLease } from '@app/database';
import type { Dispatcher } from '@app/dispatch';
import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Reconciler } from './reconciler.js';

const LEASE_MS = LEASE_SECONDS * 1_000;
const PROMPT_ANSWER_MS = 20;
const SLOW_ANSWER_MS = 1_001;

const healthy: RunningLease = { jobId: 'job', token: 'token', userId: 1, isExpired: false, isOwnerAlive: true };
const ownerDead = { ...healthy, isOwnerAlive: false };
const expired = { ...healthy, isExpired: true };

describe('Reconciler', () => {
  let now = 0;
  let lookMs: number;
  let endMs: number;
  let look: Look | null | Error;
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
    [lookMs, endMs, changesRow, ended] = [PROMPT_ANSWER_MS, PROMPT_ANSWER_MS, true, []];
    wake = vi.fn<() => void>();
    const repository: Pick<ReconcileRepository, 'look' | 'end'> = {
      look: () => {
        now += lookMs;
        return look instanceof Error ? Promise.reject(look) : Promise.resolve(look);
      },
      end: ({ token, reason, databaseTime }) => {
        expect(databaseTime).toBe(`time of the look`);
        now += endMs;
        ended.push({ token, reason });
        return Promise.resolve(changesRow);
      },
    };
    sut = new Reconciler(repository as ReconcileRepository, { wake } as Pick<Dispatcher, 'wake'> as Dispatcher);
  });

  /** Looks once a second, from a second after the last look on. */
  async function watch(durationMs: number, ...leases: RunningLease[]): Promise<void> {
    const until = now + durationMs;
    while (now + 1_000 <= until) await lookOnce(...leases);
  }

  async function lookOnce(...leases: RunningLease[]): Promise<void> {
    now += 1_000 - lookMs;
    look = { databaseTime: 'time of the look', leases };
    await sut.reconcile();
  }

  const gainTrust = (): Promise<void> => watch(LEASE_MS + 1_000, healthy);
  const tokens = (): string[] => ended.map(({ token }) => token);

  it('leaves a living owner with a valid lease alone, for ever', async () => {
    await watch(10 * LEASE_MS, healthy);
    expect(ended).toEqual([]);
  });

  it('believes nothing until the database answered promptly for a full lease', async () => {
    await watch(LEASE_MS - 1_000, expired, ownerDead);
    expect(ended).toEqual([]);
    await watch(2_000, expired);
    expect(ended[0]).toEqual({ token: 'token', reason: 'lease_expired' });
  });

  it('takes the job of a dead owner at the second look, two seconds after the first', async () => {
    await gainTrust();
    await watch(2_000, ownerDead);
    expect(ended).toEqual([]);
    await watch(1_000, ownerDead);
    expect(ended).toEqual([{ token: 'token', reason: 'owner_dead' }]);
    expect(wake).toHaveBeenCalledTimes(1);
  });

  it('takes a restart of PostgreSQL for what it is: the owners are back at the next look', async () => {
    await gainTrust();
    for (let i = 0; i < 5; i += 1) {
      await watch(2_000, ownerDead);
      await watch(1_000, healthy);
    }
    expect(ended).toEqual([]);
  });

  it('does not hold the death of one lease against the next lease of the job', async () => {
    await gainTrust();
    for (const token of ['a', 'b', 'c', 'd']) await watch(2_000, { ...ownerDead, token });
    expect(ended).toEqual([]);
  });

  it('begins anew with a lease that was away in between', async () => {
    await gainTrust();
    await watch(2_000, ownerDead);
    await watch(1_000);
    await watch(2_000, ownerDead);
    expect(ended).toEqual([]);
  });

  describe.each([
    ['a slow answer', () => withLook(SLOW_ANSWER_MS, () => lookOnce(healthy))],
    ['a failed question', () => failOnce()],
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

    it('forgets whom it suspected', async () => {
      await gainTrust();
      await watch(2_000, ownerDead);
      await disturb();
      ended = [];
      await watch(1_000, ownerDead);
      expect(tokens()).toEqual([]);
    });
  });

  it('does not count a look from before the disturbance as the first of two', async () => {
    await gainTrust();
    await watch(1_000, ownerDead);
    await failOnce();
    for (let second = 0; second <= LEASE_SECONDS; second += 1) await lookWhileAnotherLooks();
    await watch(1_000, ownerDead);
    expect(ended).toEqual([]);
  });

  it('does not act on the rest of a look once an answer was slow', async () => {
    await gainTrust();
    endMs = SLOW_ANSWER_MS;
    await lookOnce({ ...expired, token: 'a' }, { ...expired, token: 'b' });
    expect(tokens()).toEqual(['a']);
  });

  it('does nothing while another process looks', async () => {
    await gainTrust();
    await watch(2_000, ownerDead);
    await lookWhileAnotherLooks();
    expect(ended).toEqual([]);
  });

  it('wakes no dispatcher for a row that it did not change', async () => {
    await gainTrust();
    changesRow = false;
    await watch(1_000, expired);
    expect(ended).toHaveLength(1);
    expect(wake).not.toHaveBeenCalled();
  });

  async function withLook(durationMs: number, work: () => Promise<void>): Promise<void> {
    lookMs = durationMs;
    await work();
    lookMs = PROMPT_ANSWER_MS;
  }

  async function lookWhileAnotherLooks(): Promise<void> {
    now += 1_000 - lookMs;
    look = null;
    await sut.reconcile();
  }

  async function failOnce(): Promise<void> {
    now += 1_000;
    look = new Error('on purpose');
    await expect(sut.reconcile()).rejects.toThrow('on purpose');
  }

  async function pause(durationMs: number): Promise<void> {
    now += durationMs;
    await lookOnce(healthy);
  }

  async function withSlowEnd(): Promise<void> {
    endMs = SLOW_ANSWER_MS;
    await lookOnce({ ...expired, token: 'another' });
    endMs = PROMPT_ANSWER_MS;
  }
});
