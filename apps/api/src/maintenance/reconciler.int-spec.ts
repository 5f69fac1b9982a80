import { randomUUID } from 'node:crypto';
import {
  DatabaseEnv,
  LEASE_SECONDS,
  LeaseRepository,
  OwnerLock,
  ReconciliationRepository,
  type User,
} from '@app/database';
import type { Dispatcher } from '@app/dispatch';
import { DatabaseFixture, sql, waitFor } from '@app/testing';
import { Logger } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { MaintenanceTasks } from './maintenance-tasks.js';
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
    sut = new Reconciler(
      new ReconciliationRepository(fixture.database),
      dispatcher as Dispatcher,
      new MaintenanceTasks(),
    );
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

  /** Holds the lock that shows the database a living worker process. */
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

  /** Advances the reconciler's clock by a second for each call; the database's clock hardly moves. */
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

  it("puts a dead worker's job back in line with its attempt counted, and keeps the jobs of others", async () => {
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

  it('keeps the leases of an owner whose connection broke and came back between two snapshots', async () => {
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

  it('fails a job without attempts left, and writes its event', async () => {
    const dead = await anOwner();
    const jobId = await aRunningJob(dead, { attempt: 5 });
    await gainTrust();
    await dead.stop();
    await watch(5_000);
    expect(await fixture.read(jobId)).toMatchObject({ status: 'FAILED', error: 'attempts_exhausted', attempt: 5 });
    expect(await fixture.database.rows('DELETE FROM outbox RETURNING topic, payload')).toMatchObject([
      {
        topic: 'conversion.finished',
        payload: { job_id: jobId, user_id: user.id, status: 'FAILED', error: 'attempts_exhausted', revision: 2 },
      },
    ]);
  });

  it('ends an expired lease although the process of its owner exists: the worker is suspended', async () => {
    const jobId = await aRunningJob(await anOwner(), { lease_until: sql(`now() - interval '1 second'`) });
    await watch((LEASE_SECONDS - 2) * 1_000);
    expect((await fixture.read(jobId)).status).toBe('PROCESSING');
    await watch(3_000);
    expect((await fixture.read(jobId)).status).toBe('PENDING');
  });

  it('ends each lease once although two processes reconcile', async () => {
    const dead = await anOwner();
    const jobId = await aRunningJob(dead);
    const dispatcher: Pick<Dispatcher, 'wake'> = { wake };
    const jobs = new ReconciliationRepository(fixture.connect());
    const twin = new Reconciler(jobs, dispatcher as Dispatcher, new MaintenanceTasks());
    await dead.stop();
    for (let second = 0; second < LEASE_SECONDS + 5; second += 1) {
      passedMs += 1_000;
      await Promise.all([sut.reconcile(), twin.reconcile()]);
    }
    expect(await fixture.read(jobId)).toMatchObject({ status: 'PENDING', revision: 2 });
    expect(wake).toHaveBeenCalledTimes(1);
  });
});
