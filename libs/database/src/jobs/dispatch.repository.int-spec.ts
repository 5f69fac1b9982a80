import { randomUUID } from 'node:crypto';
import { DatabaseFixture, sql, waitFor } from '@app/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { takeLock } from '../connection/advisory-locks.js';
import { DispatchRepository, type Dispatch } from './dispatch.repository.js';
import { LeaseRepository } from './lease.repository.js';
import type { User } from '../users/user.entity.js';

const WIDE = { size: 1000, limit: 1000 };

const ago = (seconds: number): { sql: string } => sql(`now() - interval '${seconds} seconds'`);
const idsOf = (dispatches: readonly Dispatch[]): string[] => dispatches.map(({ jobId }) => jobId);

describe('DispatchRepository', () => {
  let fixture: DatabaseFixture;
  let sut: DispatchRepository;
  let alice: User;
  let bob: User;

  beforeAll(async () => {
    fixture = await DatabaseFixture.create();
    sut = new DispatchRepository(fixture.database);
    alice = await fixture.aUser();
    bob = await fixture.aUser();
  });
  beforeEach(() => fixture.database.rows('DELETE FROM conversion_jobs'));
  afterAll(() => fixture.remove());

  async function claim(jobId: string): Promise<void> {
    const claimed = await new LeaseRepository(fixture.database).claim({ jobId, token: randomUUID(), owner: '1' });
    expect(claimed).not.toBeNull();
  }

  /** Runs the work while another transaction holds what the statement locks, and says when `count` others wait. */
  async function whileLocked(
    lock: string,
    work: (waiting: (count: number) => Promise<unknown>) => Promise<void>,
    before = 'SELECT 1',
  ): Promise<void> {
    await fixture.database.transaction(async (runner) => {
      await runner.query(lock);
      await work((count) =>
        waitFor(async () => (await waiters()) === count, { what: `${count} waiting`, intervalMs: 5 }),
      );
      await runner.query(before);
    });
  }

  async function waiters(): Promise<number> {
    const [row] = await fixture.database.rows<{ count: number }>(
      `SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    return row?.count ?? 0;
  }

  describe('pick', () => {
    it("does not let one user's 300 jobs stand in front of another's first", async () => {
      await fixture.database.rows(
        `INSERT INTO conversion_jobs (id, user_id, source_key, source_filename, source_size, source_format, max_attempts, created_at, dispatch_after)
         SELECT gen_random_uuid(), $1, 'source/x', 'clip.mp4', 1, 'mp4', 5, now() - interval '1 hour', now() - interval '1 hour'
         FROM generate_series(1, 300)`,
        [alice.id],
      );
      const late = await fixture.aJob(bob);
      const picked = await sut.pick({ size: 2, limit: 2 });
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
      expect(idsOf(await sut.pick({ size: 4, limit: 2 })).toSorted()).toEqual(his.toSorted());
    });

    it('takes the oldest jobs of a user first', async () => {
      await fixture.aJob(alice);
      const oldest = await fixture.aJob(alice, { created_at: ago(60), dispatch_after: ago(60) });
      await fixture.aJob(alice);
      expect(idsOf(await sut.pick({ size: 1, limit: 1 }))).toEqual([oldest]);
    });

    it('fills the window and no more, until a claim makes room', async () => {
      for (let i = 0; i < 6; i += 1) await fixture.aJob(alice);
      const first = await sut.pick({ size: 4, limit: 4 });
      expect(first).toHaveLength(4);
      expect(await sut.pick({ size: 4, limit: 4 })).toEqual([]);
      await claim(first[0]?.jobId ?? '');
      expect(await sut.pick({ size: 4, limit: 4 })).toHaveLength(1);
    });

    it('picks no more than the limit, however wide the window', async () => {
      for (const user of [alice, bob, alice, bob]) await fixture.aJob(user);
      expect(await sut.pick({ size: 16, limit: 1 })).toHaveLength(1);
    });

    it('leaves a job alone that is not due yet', async () => {
      const id = await fixture.aJob(alice, { dispatch_after: sql(`now() + interval '1 minute'`) });
      expect(await sut.pick(WIDE)).toEqual([]);
      await fixture.change(id, { dispatch_after: sql('now()') });
      expect(idsOf(await sut.pick(WIDE))).toEqual([id]);
    });

    it('picks only what is PENDING and not out', async () => {
      await fixture.aJob(alice, { dispatched_at: sql('now()') });
      await fixture.aJob(alice, { status: 'PROCESSING', lease_token: randomUUID() });
      for (const status of ['DONE', 'FAILED', 'CANCELED']) await fixture.aJob(alice, { status });
      expect(await sut.pick(WIDE)).toEqual([]);
    });

    it('hands over what the message carries', async () => {
      const id = await fixture.aJob(alice, { traceparent: 'trace-1' });
      expect(await sut.pick(WIDE)).toMatchObject([{ jobId: id, requestId: 'request-1', traceparent: 'trace-1' }]);
    });

    it('counts the window only after the last picker has committed', async () => {
      const first = await fixture.aJob(alice);
      let picks: Promise<Dispatch[]>[] = [];
      await whileLocked(`SELECT FROM conversion_jobs WHERE id = '${first}' FOR UPDATE`, async (waiting) => {
        picks = [sut.pick({ size: 1, limit: 1 })];
        await waiting(1);
        // Its turn comes before the job that is being picked, so that a picker who saw an empty window would take it.
        await fixture.aJob(bob, { created_at: ago(60), dispatch_after: ago(60) });
        picks.push(sut.pick({ size: 1, limit: 1 }));
        await waiting(2);
      });
      expect(idsOf((await Promise.all(picks)).flat())).toEqual([first]);
    });

    it('never picks a job twice, however many pick at once', async () => {
      for (let i = 0; i < 20; i += 1) await fixture.aJob(i % 2 === 0 ? alice : bob);
      const picked = (await Promise.all(Array.from({ length: 6 }, () => sut.pick({ size: 15, limit: 4 })))).flat();
      expect(picked).toHaveLength(15);
      expect(new Set(idsOf(picked)).size).toBe(15);
    });

    it('does not dispatch a job that was canceled while it was being picked', async () => {
      const id = await fixture.aJob(alice);
      let pick: Promise<Dispatch[]> | undefined;
      await whileLocked(
        `SELECT FROM conversion_jobs WHERE id = '${id}' FOR UPDATE`,
        async (waiting) => {
          pick = sut.pick(WIDE);
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
        pick = sut.pick(WIDE);
        await waitFor(async () => (await waiters()) === 1, { what: 'the waiting picker', intervalMs: 5 });
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
      const picked = await waitFor(() => sut.pick(WIDE), { what: 'a pick' });
      expect(idsOf(picked)).toEqual([id]);
      thaw();
      await expect(holder).rejects.toMatchObject({ code: 'database_unavailable' });
    });
  });

  describe('undo', () => {
    it('puts a job back in line', async () => {
      const id = await fixture.aJob(alice);
      const [dispatch] = await sut.pick(WIDE);
      if (dispatch === undefined) throw new Error('Nothing was picked');
      await sut.undo(dispatch);
      expect((await fixture.read(id)).dispatchedAt).toBeNull();
      expect(idsOf(await sut.pick(WIDE))).toEqual([id]);
    });

    it('does not take back a later dispatch of the same job', async () => {
      const id = await fixture.aJob(alice);
      const [dispatch] = await sut.pick(WIDE);
      if (dispatch === undefined) throw new Error('Nothing was picked');
      await fixture.change(id, { dispatched_at: sql(`dispatched_at + interval '1 microsecond'`) });
      const later = await fixture.read(id);
      await sut.undo(dispatch);
      expect(await fixture.read(id)).toEqual(later);
      expect(later.dispatchedAt).not.toBeNull();
    });

    it('leaves a job alone that was claimed after all', async () => {
      const id = await fixture.aJob(alice);
      const [dispatch] = await sut.pick(WIDE);
      if (dispatch === undefined) throw new Error('Nothing was picked');
      await claim(id);
      const claimed = await fixture.read(id);
      await sut.undo(dispatch);
      expect(await fixture.read(id)).toEqual(claimed);
    });
  });

  describe('redispatchLost', () => {
    async function isRedispatched(id: string, isQueueEmpty: boolean): Promise<boolean> {
      const count = await sut.redispatchLost(isQueueEmpty);
      const isBack = (await fixture.read(id)).dispatchedAt === null;
      expect(count).toBe(isBack ? 1 : 0);
      return isBack;
    }

    it.each([
      { outSeconds: 8, isQueueEmpty: true, isLost: false },
      { outSeconds: 11, isQueueEmpty: true, isLost: true },
      { outSeconds: 11, isQueueEmpty: false, isLost: false },
    ])('out for $outSeconds s, queue empty: $isQueueEmpty → lost: $isLost', async (row) => {
      const id = await fixture.aJob(alice, { dispatched_at: ago(row.outSeconds) });
      expect(await isRedispatched(id, row.isQueueEmpty)).toBe(row.isLost);
    });

    it.each([
      ['was claimed', 11, { status: 'DONE' }, true],
      ['runs', 11, { status: 'PROCESSING', lease_token: randomUUID() }, true],
      ['was claimed, but came too close behind', 9, { status: 'DONE' }, false],
      ['waits as well', 11, {}, false],
    ])('beside a full queue, when a job that was dispatched later %s', async (_case, laterSeconds, columns, isLost) => {
      const id = await fixture.aJob(alice, { dispatched_at: ago(60) });
      await fixture.aJob(bob, { dispatched_at: ago(60 - laterSeconds), ...columns });
      expect(await isRedispatched(id, false)).toBe(isLost);
    });

    it('leaves jobs alone that are no longer PENDING', async () => {
      const id = await fixture.aJob(alice, { dispatched_at: ago(60) });
      await claim(id);
      expect(await isRedispatched(id, true)).toBe(false);
    });

    it('puts a job back so that it can be picked', async () => {
      const id = await fixture.aJob(alice, { dispatched_at: ago(60) });
      await sut.redispatchLost(true);
      expect(idsOf(await sut.pick(WIDE))).toEqual([id]);
    });
  });

  it.each([
    ['no job is out', {}, false],
    ['a job is out for a while', { dispatched_at: ago(8) }, false],
    ['a job is out for too long', { dispatched_at: ago(11) }, true],
    ['a job that was out for long is done', { dispatched_at: ago(11), status: 'DONE' }, false],
  ])('knows whether a message may be lost: %s', async (_case, columns, isOverdue) => {
    await fixture.aJob(alice, columns);
    expect(await sut.hasOverdue()).toBe(isOverdue);
  });
});
