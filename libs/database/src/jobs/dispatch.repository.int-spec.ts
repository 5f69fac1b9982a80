import { randomUUID } from 'node:crypto';
import { DatabaseFixture, sql } from '@app/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DispatchRepository, type Dispatch } from './dispatch.repository.js';
import { LeaseRepository } from './lease.repository.js';
import type { User } from '../users/user.entity.js';

const MANY = 1000;

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
  beforeEach(async () => {
    await fixture.database.rows('DELETE FROM conversion_jobs');
    await haveSlots(MANY);
  });
  afterAll(() => fixture.remove());

  /** One worker with so many slots: besides them, two messages can be out. */
  async function haveSlots(count: number, seen = sql('now()')): Promise<void> {
    await fixture.database.rows(`DELETE FROM workers`);
    await fixture.database.rows(`INSERT INTO workers (owner, slots, seen_at) VALUES (1, $1, ${seen.sql})`, [count]);
  }

  async function claim(jobId: string): Promise<void> {
    const claimed = await new LeaseRepository(fixture.database).claim({ jobId, token: randomUUID(), owner: '1' });
    expect(claimed).not.toBeNull();
  }

  describe('undo', () => {
    it('puts a job back in line', async () => {
      const id = await fixture.aJob(alice);
      const [dispatch] = await sut.pick(MANY);
      if (dispatch === undefined) throw new Error('Nothing was picked');
      await sut.undo(dispatch);
      expect((await fixture.read(id)).dispatchedAt).toBeNull();
      expect(idsOf(await sut.pick(MANY))).toEqual([id]);
    });

    it('does not take back a later dispatch of the same job', async () => {
      const id = await fixture.aJob(alice);
      const [dispatch] = await sut.pick(MANY);
      if (dispatch === undefined) throw new Error('Nothing was picked');
      await fixture.change(id, { dispatched_at: sql(`dispatched_at + interval '1 microsecond'`) });
      const later = await fixture.read(id);
      await sut.undo(dispatch);
      expect(await fixture.read(id)).toEqual(later);
      expect(later.dispatchedAt).not.toBeNull();
    });

    it('leaves a job alone that was claimed after all', async () => {
      const id = await fixture.aJob(alice);
      const [dispatch] = await sut.pick(MANY);
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
      ['was claimed', 11, { status: 'DONE', finished_at: sql('now()') }, true],
      ['runs', 11, { status: 'PROCESSING', lease_token: randomUUID() }, true],
      ['was claimed, but came too close behind', 9, { status: 'DONE', finished_at: sql('now()') }, false],
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
      expect(idsOf(await sut.pick(MANY))).toEqual([id]);
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
