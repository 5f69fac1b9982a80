import { randomUUID } from 'node:crypto';
import { DatabaseFixture, sql } from '@app/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DispatchRepository } from './dispatch.repository.js';
import { ago, DispatchScene, idsOf, MANY } from '../testing/dispatch-scene.js';
import type { User } from '../users/user.entity.js';

describe('DispatchRepository', () => {
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
      await scene.claim(id);
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
      await scene.claim(id);
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
