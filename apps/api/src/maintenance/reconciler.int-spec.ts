import { randomUUID } from 'node:crypto';
import { DatabaseEnv, LEASE_SECONDS, LeaseRepository, OwnerLock, ReconcileRepository, type User } from '@app/database';
import type { Dispatcher } from '@app/dispatch';
import { DatabaseFixture, sql, waitFor } from '@app/testing';
import { Logger } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Reconciler } from './reconciler.js';

describe('Reconciler with PostgreSQL', () => {
  let fixture: DatabaseFixture;
  let user: User;
  let sut: Reconciler;
  let passedMs = 0;
  let owners: OwnerLock[] = [];
  const wake = vi.fn<() => void>();

  beforeAll(async () => {
    Logger.overrideLogger(false);
    fixture = await DatabaseFixture.create();
    user = await fixture.aUser();
    const now = performance.now.bind(performance);
    vi.spyOn(performance, 'now').mockImplementation(() => now() + passedMs);
  });
  beforeEach(async () => {
    await fixture.database.rows('DELETE FROM conversion_jobs');
    wake.mockClear();
    const dispatcher: Pick<Dispatcher, 'wake'> = { wake };
    sut = new Reconciler(new ReconcileRepository(fixture.database), dispatcher as Dispatcher);
  });
  afterEach(async () => {
    await Promise.all(owners.map((owner) => owner.stop()));
    owners = [];
  });
  afterAll(async () => {
    vi.restoreAllMocks();
    Logger.overrideLogger(new Logger());
    await fixture.remove();
  });

  /** A living worker process, as far as the database can see. */
  async function anOwner(): Promise<OwnerLock> {
    const owner = new OwnerLock(Object.assign(new DatabaseEnv(), { DATABASE_URL: fixture.env.DATABASE_URL }), {
      onChange: () => undefined,
      onError: () => undefined,
    });
    owners.push(owner);
    owner.start();
    await waitFor(() => owner.isHeld, { what: 'the lock' });
    return owner;
  }

  async function aRunningJob({ owner }: OwnerLock, columns: Record<string, unknown> = {}): Promise<string> {
    const jobId = await fixture.aJob(user, { dispatched_at: sql('now()') });
    await new LeaseRepository(fixture.database).claim({ jobId, token: randomUUID(), owner });
    await fixture.change(jobId, columns);
    return jobId;
  }

  /** Lets the reconciler's clock run ahead, a look at a time; the database's clock stands nearly still. */
  async function watch(durationMs: number): Promise<void> {
    for (let left = durationMs; left > 0; left -= 1_000) {
      passedMs += 1_000;
      await sut.reconcile();
    }
  }

  const gainTrust = (): Promise<void> => watch((LEASE_SECONDS + 1) * 1_000);

  it("leaves a living worker's jobs alone", async () => {
    const jobId = await aRunningJob(await anOwner());
    const before = await fixture.read(jobId);
    await gainTrust();
    await watch(5_000);
    expect(await fixture.read(jobId)).toEqual(before);
    expect(wake).not.toHaveBeenCalled();
  });

  it("puts a dead worker's job back, its attempt counted, and leaves the neighbour's alone", async () => {
    const [dead, alive] = [await anOwner(), await anOwner()];
    const [lost, kept] = [await aRunningJob(dead), await aRunningJob(alive)];
    await gainTrust();
    await dead.stop();
    await watch(5_000);
    expect(await fixture.read(lost)).toMatchObject({
      status: 'PENDING',
      attempt: 1,
      leaseToken: null,
      dispatchedAt: null,
    });
    expect((await fixture.read(kept)).status).toBe('PROCESSING');
    expect(wake).toHaveBeenCalledTimes(1);
    const again = { jobId: lost, token: randomUUID(), owner: alive.owner };
    expect(await new LeaseRepository(fixture.database).claim(again)).toMatchObject({ attempt: 2 });
  });

  it('forgives an owner whose connection broke and came back between two looks', async () => {
    const owner = await anOwner();
    const jobId = await aRunningJob(owner);
    await gainTrust();
    for (let i = 0; i < 3; i += 1) {
      await fixture.database.rows(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'owner-lock' AND datname = current_database()`,
      );
      await watch(2_000);
      await waitFor(() => owner.isHeld, { what: 'the lock' });
      await watch(1_000);
    }
    expect(await fixture.read(jobId)).toMatchObject({ status: 'PROCESSING', revision: 1 });
  });

  it('fails a job whose attempts are used up, and tells so', async () => {
    const dead = await anOwner();
    const jobId = await aRunningJob(dead, { attempt: 5 });
    await gainTrust();
    await dead.stop();
    await watch(5_000);
    expect(await fixture.read(jobId)).toMatchObject({ status: 'FAILED', error: 'attempts_exhausted', attempt: 5 });
    const events = await fixture.database.rows('DELETE FROM outbox RETURNING id, topic, payload');
    expect(events).toMatchObject([
      {
        topic: 'mp3',
        payload: {
          type: 'conversion.finished',
          data: { job_id: jobId, user_id: user.id, status: 'FAILED', error: 'attempts_exhausted' },
        },
      },
    ]);
    const [event] = events as { id: string; payload: { id: string } }[];
    expect(event?.payload.id).toBe(event?.id);
  });

  it('ends an expired lease of a living owner: a worker that stands still is no worker', async () => {
    const jobId = await aRunningJob(await anOwner(), { lease_until: sql(`now() - interval '1 second'`) });
    await watch((LEASE_SECONDS - 2) * 1_000);
    expect((await fixture.read(jobId)).status).toBe('PROCESSING');
    await watch(3_000);
    expect((await fixture.read(jobId)).status).toBe('PENDING');
  });

  it('ends each lease once, though two processes keep watch', async () => {
    const dead = await anOwner();
    const jobId = await aRunningJob(dead);
    const twin = new Reconciler(new ReconcileRepository(fixture.connect()), { wake } as Pick<
      Dispatcher,
      'wake'
    > as Dispatcher);
    await dead.stop();
    for (let second = 0; second < LEASE_SECONDS + 5; second += 1) {
      passedMs += 1_000;
      await Promise.all([sut.reconcile(), twin.reconcile()]);
    }
    expect(await fixture.read(jobId)).toMatchObject({ status: 'PENDING', revision: 2 });
    expect(wake).toHaveBeenCalledTimes(1);
  });
});
