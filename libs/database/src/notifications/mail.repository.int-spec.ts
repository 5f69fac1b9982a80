import { randomUUID } from 'node:crypto';
import { DatabaseFixture, waitFor } from '@app/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { User } from '../users/user.entity.js';
import { DeliveryLogRepository } from './delivery-log.repository.js';
import { DeliveryRepository, type TakenDelivery } from './delivery.repository.js';
import { MailRepository } from './mail.repository.js';

const TAKE = { limit: 10, holdSeconds: 60, perTarget: 1 };
const RESULT = { startedAt: new Date(), durationMs: 1, httpStatus: null, error: 'Not now.' };

describe('MailRepository', () => {
  let fixture: DatabaseFixture;
  let deliveries: DeliveryRepository;
  let sut: MailRepository;
  let user: User;

  beforeAll(async () => {
    fixture = await DatabaseFixture.create();
    deliveries = new DeliveryRepository(fixture.database);
    sut = new MailRepository(fixture.database);
  });
  beforeEach(async () => {
    await fixture.database.rows('DELETE FROM deliveries');
    user = await fixture.aUser();
    await fixture.database.rows(`UPDATE users SET email = username || '@example.org', email_verified_at = now()`);
  });
  afterAll(() => fixture.remove());

  async function finish(count: number, type = 'conversion.done'): Promise<void> {
    for (let index = 0; index < count; index += 1) {
      const event = { id: randomUUID(), type, occurredAt: new Date(), userId: user.id, facts: {} };
      await deliveries.record(event, { email: true, callbackUrl: null });
    }
  }

  const makeDue = (): Promise<unknown> => fixture.database.rows('UPDATE deliveries SET next_attempt_at = now()');

  async function takeOne(): Promise<TakenDelivery> {
    await makeDue();
    const [taken] = await deliveries.take('email', TAKE);
    if (taken === undefined) throw new Error('Nothing was taken');
    return taken;
  }

  const states = (): Promise<object[]> =>
    fixture.database.rows('SELECT status, attempt, last_error FROM deliveries ORDER BY created_at');

  it('gathers the conversions of a user, and nothing else', async () => {
    await finish(2);
    const first = await takeOne();
    await finish(1, 'webhook.disabled');
    await finish(1, 'conversion.failed');
    user = await fixture.aUser();
    await finish(1);
    expect((await sut.gather(first)).map(({ eventType }) => eventType)).toEqual([
      'conversion.done',
      'conversion.done',
      'conversion.failed',
    ]);
  });

  it('lets one delivery of a mail stand for all: the others are not taken, and share its result', async () => {
    await finish(3);
    const first = await takeOne();
    await sut.gather(first);
    await deliveries.retryLater(first, RESULT, 0);
    expect(await states()).toEqual(
      Array.from({ length: 3 }, () => ({ status: 'PENDING', attempt: 1, last_error: 'Not now.' })),
    );
    for (const attempt of [2, 3, 4, 5]) {
      const again = await takeOne();
      expect(again).toMatchObject({ id: first.id, attempt });
      expect(await deliveries.take('email', TAKE)).toEqual([]);
      expect(await sut.gather(again)).toHaveLength(3);
    }
    await deliveries.markDelivered({ ...first, attempt: 5 }, { ...RESULT, error: null });
    expect(await states()).toEqual(
      Array.from({ length: 3 }, () => ({ status: 'DELIVERED', attempt: 5, last_error: null })),
    );
    expect(await fixture.database.rows('SELECT FROM delivery_attempts')).toHaveLength(6);
  });

  it('puts each conversion into one mail, however many notifiers gather at a time', async () => {
    await finish(30);
    await makeDue();
    const taken = await deliveries.take('email', { ...TAKE, perTarget: 3 });
    expect(taken).toHaveLength(3);
    const mails = await Promise.all(taken.map((each) => new MailRepository(fixture.connect()).gather(each)));
    const ids = mails.flat().map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toHaveLength(30);
  });

  it('leaves a conversion to the notifier that is gathering it, and does not wait', async () => {
    await finish(3);
    const first = await takeOne();
    const [other, free] = await fixture.database.rows<{ id: string }>(
      'SELECT id FROM deliveries WHERE id <> $1 ORDER BY created_at',
      [first.id],
    );
    let settled = 0;
    const gathering = await fixture.database.transaction(async (runner) => {
      await runner.query('UPDATE deliveries SET mail_id = id WHERE id = $1', [other?.id]);
      const mail = sut.gather(first).finally(() => (settled += 1));
      await waitFor(async () => settled === 1 || (await fixture.lockWaiters()) === 1, { what: 'the second notifier' });
      expect(await fixture.lockWaiters()).toBe(0);
      return { mail };
    });
    expect((await gathering.mail).map(({ id }) => id)).toEqual([first.id, free?.id]);
    expect(await fixture.database.rows('SELECT mail_id FROM deliveries WHERE id = $1', [other?.id])).toEqual([
      { mail_id: other?.id },
    ]);
  });

  it('puts emails that are sent again into one new mail, and each counts on from its own attempts', async () => {
    await finish(2);
    const failed = await takeOne();
    await sut.gather(failed);
    for (const attempt of [1, 2]) {
      await deliveries.retryLater({ ...failed, attempt }, RESULT, 0);
      await takeOne();
    }
    await deliveries.markFailed({ ...failed, attempt: 3 }, RESULT);
    await finish(1);
    const log = new DeliveryLogRepository(fixture.database);
    for (const { id } of await log.listOfAccount(user.id, 'FAILED')) await log.redeliverToAccount(id, user.id);
    const again = await takeOne();
    expect(await sut.gather(again)).toHaveLength(3);
    await deliveries.markDelivered(again, { ...RESULT, error: null });
    const listed = await log.listOfAccount(user.id, 'DELIVERED');
    const numbers = listed.map(({ attempts }) => attempts.map(({ attempt }) => attempt).join(' '));
    expect(numbers.toSorted()).toEqual(['1', '1 2 3 4', '1 2 3 4']);
  });

  it('gathers nothing for a delivery that another notifier has taken over, whose result counts', async () => {
    await finish(1);
    const late = await takeOne();
    const current = await takeOne();
    expect(await sut.gather(late)).toEqual([]);
    expect(await sut.gather(current)).toHaveLength(1);
    await deliveries.markFailed(late, RESULT);
    expect(await states()).toMatchObject([{ status: 'PENDING' }]);
  });
});
