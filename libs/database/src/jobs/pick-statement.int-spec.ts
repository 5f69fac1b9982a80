import { randomUUID } from 'node:crypto';
import { DatabaseFixture, sql, waitFor } from '@app/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { takeLock } from '../connection/advisory-locks.js';
import { DispatchRepository, type Dispatch } from './dispatch.repository.js';
import { ago, DispatchScene, idsOf, MANY } from '../testing/dispatch-scene.js';
import type { User } from '../users/user.entity.js';

describe('DispatchRepository.pick', () => {
  let scene: DispatchScene;
  let fixture: DatabaseFixture;
  let sut: DispatchRepository;
  let alice: User;
  let bob: User;

  beforeAll(async () => {
    scene = await DispatchScene.create();
    ({ fixture, sut, alice, bob } = scene);
  });
  beforeEach(() => scene.reset());
  afterAll(() => scene.remove());

  /** Runs the work while another transaction holds what the statement locks, and says when `count` others wait. */
  async function whileLocked(
    lock: string,
    work: (waiting: (count: number) => Promise<unknown>) => Promise<void>,
    before = 'SELECT 1',
  ): Promise<void> {
    await fixture.database.transaction(async (runner) => {
      await runner.query(lock);
      await work((count) =>
        waitFor(async () => (await fixture.lockWaiters()) === count, { what: `${count} waiting`, intervalMs: 5 }),
      );
      await runner.query(before);
    });
  }

  async function endAllButNewest(count: number): Promise<void> {
    await fixture.database.rows(
      `UPDATE conversion_jobs SET status = 'DONE', lease_token = NULL, finished_at = now()
       WHERE id IN (SELECT id FROM conversion_jobs WHERE status = 'PROCESSING' ORDER BY dispatched_at DESC OFFSET $1)`,
      [count],
    );
  }

  async function countOut(): Promise<number> {
    const out = `SELECT FROM conversion_jobs WHERE status = 'PENDING' AND dispatched_at IS NOT NULL`;
    return (await fixture.database.rows(out)).length;
  }

  it("does not let one user's 300 jobs stand in front of another's first", async () => {
    await fixture.database.rows(
      `INSERT INTO conversion_jobs (id, user_id, source_key, source_filename, source_size, source_format, max_attempts, created_at, dispatch_after)
       SELECT gen_random_uuid(), $1, 'source/x', 'clip.mp4', 1, 'mp4', 5, now() - interval '1 hour', now() - interval '1 hour'
       FROM generate_series(1, 300)`,
      [alice.id],
    );
    const late = await fixture.aJob(bob);
    await scene.haveSlots(0);
    const picked = await sut.pick(MANY);
    expect(picked).toHaveLength(2);
    expect(idsOf(picked)).toContain(late);
  });

  it.each([
    ['running', { status: 'PROCESSING', lease_token: randomUUID() }],
    ['out', { dispatched_at: sql('now()') }],
  ])('counts what a user already has %s as earlier turns', async (_case, columns) => {
    for (let i = 0; i < 2; i += 1) {
      await fixture.aJob(alice, { ...columns, ...('lease_token' in columns && { lease_token: randomUUID() }) });
    }
    await fixture.aJob(alice, { created_at: ago(60), dispatch_after: ago(60) });
    const his = [await fixture.aJob(bob), await fixture.aJob(bob)];
    expect(idsOf(await sut.pick(2)).toSorted()).toEqual(his.toSorted());
  });

  it('takes the oldest jobs of a user first', async () => {
    await fixture.aJob(alice);
    const oldest = await fixture.aJob(alice, { created_at: ago(60), dispatch_after: ago(60) });
    await fixture.aJob(alice);
    expect(idsOf(await sut.pick(1))).toEqual([oldest]);
  });

  it("fills the workers' free slots and two more places, and no more until a run ends", async () => {
    await scene.haveSlots(2);
    for (let i = 0; i < 6; i += 1) await fixture.aJob(alice);
    const [first, second] = idsOf(await sut.pick(MANY));
    expect(await sut.pick(MANY)).toEqual([]);
    for (const jobId of [first, second]) await scene.claim(jobId ?? '');
    expect(await sut.pick(MANY)).toEqual([]);
    await fixture.change(first ?? '', { status: 'DONE', lease_token: null });
    expect(await sut.pick(MANY)).toHaveLength(1);
    expect(await countOut()).toBe(3);
  });

  it('keeps two places although more jobs run than there are slots', async () => {
    await scene.haveSlots(1);
    for (let i = 0; i < 3; i += 1) await fixture.aJob(bob, { status: 'PROCESSING', lease_token: randomUUID() });
    for (let i = 0; i < 3; i += 1) await fixture.aJob(alice);
    expect(await sut.pick(MANY)).toHaveLength(2);
  });

  it.each([
    ['no longer', sql(`now() - interval '16 seconds'`), 2],
    ['still', sql(`now() - interval '13 seconds'`), 6],
  ])('%s counts on the slots of a worker that was seen a while ago', async (_case, seen, picked) => {
    await scene.haveSlots(4, seen);
    for (let i = 0; i < 8; i += 1) await fixture.aJob(alice);
    expect(await sut.pick(MANY)).toHaveLength(picked);
  });

  it('takes a job that ran before first of its owner, as soon as it is due, and the others by age', async () => {
    await scene.haveSlots(0);
    const old = await fixture.aJob(alice, { created_at: ago(3_600), dispatch_after: ago(3_600) });
    const older = await fixture.aJob(alice, { created_at: ago(7_200), dispatch_after: ago(7_200) });
    const tried = await fixture.aJob(alice, { attempt: 1, dispatch_after: sql(`now() + interval '1 minute'`) });
    expect(idsOf(await sut.pick(1))).toEqual([older]);
    await fixture.change(tried, { dispatch_after: sql('now()') });
    expect(idsOf(await sut.pick(1))).toEqual([tried]);
    await fixture.database.rows('UPDATE conversion_jobs SET dispatched_at = NULL WHERE id <> $1', [older]);
    expect(idsOf(await sut.pick(1))).toEqual([tried]);
    await scene.claim(tried);
    expect(idsOf(await sut.pick(1))).toEqual([old]);
  });

  it("does not let one user's jobs that ran before stand in front of another's first", async () => {
    await scene.haveSlots(0);
    for (let i = 0; i < 5; i += 1) await fixture.aJob(alice, { attempt: 1, dispatch_after: ago(60) });
    const his = await fixture.aJob(bob);
    expect(idsOf(await sut.pick(MANY))).toContain(his);
  });

  it.each([
    ['while the job that was dispatched last runs', 1],
    ['although every dispatched job has ended', 0],
  ])('serves every waiting user once before it serves one again, %s', async (_case, running) => {
    await scene.haveSlots(0);
    const users = await Promise.all(Array.from({ length: 7 }, () => fixture.aUser()));
    for (const user of [...users, ...users, ...users]) await fixture.aJob(user, { created_at: ago(user.id % 5) });
    const served: number[] = [];
    while (served.length < users.length * 2) {
      for (const jobId of idsOf(await sut.pick(1))) {
        served.push((await fixture.read(jobId)).userId);
        await scene.claim(jobId);
        await endAllButNewest(running);
      }
    }
    const ids = users.map(({ id }) => id).toSorted((a, b) => a - b);
    const rounds = [served.slice(0, ids.length), served.slice(ids.length)];
    for (const round of rounds) expect(round.toSorted((a, b) => a - b)).toEqual(ids);
  });

  it('picks no more than the limit, however many slots are free', async () => {
    for (const user of [alice, bob, alice, bob]) await fixture.aJob(user);
    expect(await sut.pick(1)).toHaveLength(1);
  });

  it('leaves a job alone that is not due yet', async () => {
    const id = await fixture.aJob(alice, { dispatch_after: sql(`now() + interval '1 minute'`) });
    expect(await sut.pick(MANY)).toEqual([]);
    await fixture.change(id, { dispatch_after: sql('now()') });
    expect(idsOf(await sut.pick(MANY))).toEqual([id]);
  });

  it('picks only what is PENDING and not out', async () => {
    await fixture.aJob(alice, { dispatched_at: sql('now()') });
    await fixture.aJob(alice, { status: 'PROCESSING', lease_token: randomUUID() });
    for (const status of ['DONE', 'FAILED', 'CANCELED']) await fixture.aJob(alice, { status });
    expect(await sut.pick(MANY)).toEqual([]);
  });

  it('hands over what the message carries', async () => {
    const id = await fixture.aJob(alice, { traceparent: 'trace-1' });
    expect(await sut.pick(MANY)).toMatchObject([{ jobId: id, requestId: 'request-1', traceparent: 'trace-1' }]);
  });

  it('counts the window only after the last picker has committed', async () => {
    const first = await fixture.aJob(alice);
    await scene.haveSlots(0);
    await fixture.aJob(alice, { dispatched_at: sql('now()') });
    let picks: Promise<Dispatch[]>[] = [];
    await whileLocked(`SELECT FROM conversion_jobs WHERE id = '${first}' FOR UPDATE`, async (waiting) => {
      picks = [sut.pick(MANY)];
      await waiting(1);
      // Its turn comes before the job that is being picked, so that a picker who saw an empty window would take it.
      await fixture.aJob(bob, { created_at: ago(60), dispatch_after: ago(60) });
      picks.push(sut.pick(MANY));
      await waiting(2);
    });
    expect(idsOf((await Promise.all(picks)).flat())).toEqual([first]);
  });

  it('never picks a job twice, however many pick at once', async () => {
    await scene.haveSlots(13);
    for (let i = 0; i < 20; i += 1) await fixture.aJob(i % 2 === 0 ? alice : bob);
    const picked = (await Promise.all(Array.from({ length: 6 }, () => sut.pick(4)))).flat();
    expect(picked).toHaveLength(15);
    expect(new Set(idsOf(picked)).size).toBe(15);
  });

  it('does not dispatch a job that was canceled while it was being picked', async () => {
    const id = await fixture.aJob(alice);
    let pick: Promise<Dispatch[]> | undefined;
    await whileLocked(
      `SELECT FROM conversion_jobs WHERE id = '${id}' FOR UPDATE`,
      async (waiting) => {
        pick = sut.pick(MANY);
        await waiting(1);
      },
      `UPDATE conversion_jobs SET status = 'CANCELED' WHERE id = '${id}'`,
    );
    expect(await pick).toEqual([]);
    expect((await fixture.read(id)).dispatchedAt).toBeNull();
  });

  it('waits for the lock instead of skipping its turn', async () => {
    const id = await fixture.aJob(alice);
    let pick: Promise<Dispatch[]> | undefined;
    await fixture.database.transaction(async (runner) => {
      await takeLock(runner, 'dispatch');
      pick = sut.pick(MANY);
      await waitFor(async () => (await fixture.lockWaiters()) === 1, { what: 'the waiting picker', intervalMs: 5 });
    });
    expect(idsOf((await pick) ?? [])).toEqual([id]);
  });

  it('goes on after a picker froze with the lock in its hands', async () => {
    const id = await fixture.aJob(alice);
    let thaw = (): void => undefined;
    const frozen = new Promise<void>((resolve) => (thaw = resolve));
    let hasLock = false;
    const holder = fixture.database.transaction(async (runner) => {
      await takeLock(runner, 'dispatch');
      hasLock = true;
      await frozen;
      await runner.query('SELECT 1');
    });
    await waitFor(() => hasLock, { what: 'the lock' });
    const picked = await waitFor(() => sut.pick(MANY), { what: 'a pick' });
    expect(idsOf(picked)).toEqual([id]);
    thaw();
    await expect(holder).rejects.toMatchObject({ code: 'database_unavailable' });
  });
});
