import { randomUUID } from 'node:crypto';
import { DatabaseFixture } from '@app/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { User } from '../users/user.entity.js';
import {
  DeliveryRepository,
  type AttemptResult,
  type NotifiableEvent,
  type TakenDelivery,
} from './delivery.repository.js';

const TAKE = { limit: 10, holdSeconds: 60, perTarget: 10 };
const NO_TARGETS = { email: false, callbackUrl: null };

describe('DeliveryRepository', () => {
  let fixture: DatabaseFixture;
  let sut: DeliveryRepository;
  let user: User;

  beforeAll(async () => {
    fixture = await DatabaseFixture.create();
    sut = new DeliveryRepository(fixture.database);
  });
  beforeEach(async () => {
    await fixture.database.rows('DELETE FROM deliveries');
    user = await fixture.aUser();
  });
  afterAll(() => fixture.remove());

  function anEvent(values: Partial<NotifiableEvent> = {}): NotifiableEvent {
    return {
      id: randomUUID(),
      type: 'conversion.done',
      occurredAt: new Date('2026-01-31T12:00:00Z'),
      userId: user.id,
      facts: { job_id: 'a job' },
      ...values,
    };
  }

  async function aWebhook({ events = ['conversion.done'], isDisabled = false } = {}): Promise<string> {
    const id = randomUUID();
    await fixture.database.rows(
      `INSERT INTO webhooks (id, user_id, url, events, secret, disabled_at)
       VALUES ($1, $2, 'https://example.org/hook', $3, 'secret', CASE WHEN $4::boolean THEN now() END)`,
      [id, user.id, events, isDisabled],
    );
    return id;
  }

  const verifyEmail = (): Promise<unknown> =>
    fixture.database.rows(`UPDATE users SET email = $2, email_verified_at = now() WHERE id = $1`, [
      user.id,
      `${user.username}@example.org`,
    ]);

  const passSeconds = (seconds: number): Promise<unknown> =>
    fixture.database.rows(`UPDATE deliveries SET next_attempt_at = next_attempt_at - make_interval(secs => $1)`, [
      seconds,
    ]);

  const targets = async (): Promise<string[]> =>
    (await fixture.database.rows<{ target: string }>('SELECT target FROM deliveries ORDER BY target')).map(
      ({ target }) => target,
    );

  const stateOf = async ({ id }: TakenDelivery): Promise<object | undefined> =>
    (await fixture.database.rows('SELECT status, attempt, last_error FROM deliveries WHERE id = $1', [id]))[0];

  async function aTakenDelivery(): Promise<TakenDelivery> {
    await sut.record(anEvent(), { email: false, callbackUrl: 'https://example.org/a' });
    const [delivery] = await sut.take('webhook', TAKE);
    if (delivery === undefined) throw new Error('Nothing was taken');
    return delivery;
  }

  const aResult = (values: Partial<AttemptResult> = {}): AttemptResult => ({
    startedAt: new Date(),
    durationMs: 12.3,
    httpStatus: 500,
    error: 'The server answered 500.',
    ...values,
  });

  describe('record', () => {
    it('adds a delivery for each target of the event, once however often the event comes', async () => {
      await verifyEmail();
      const [webhook] = [
        await aWebhook(),
        await aWebhook({ events: ['conversion.failed'] }),
        await aWebhook({ isDisabled: true }),
      ];
      const event = anEvent();
      const named = { email: true, callbackUrl: 'https://example.org:8443/done?token=1' };

      expect(await sut.record(event, named)).toBe(3);
      expect(await sut.record(event, named)).toBe(0);
      expect(await targets()).toEqual(
        ['callback:https://example.org:8443', `email:${user.id}`, `webhook:${webhook}`].toSorted(),
      );
    });

    it('sends no mail to an address that is not verified', async () => {
      expect(await sut.record(anEvent(), { ...NO_TARGETS, email: true })).toBe(0);
    });

    it('adds nothing for a user who is gone', async () => {
      expect(await sut.record(anEvent({ userId: 0 }), { email: true, callbackUrl: 'https://example.org/a' })).toBe(0);
    });

    it('lets jobs that end together gather before their mail is due', async () => {
      await verifyEmail();
      await sut.record(anEvent(), { ...NO_TARGETS, email: true });
      expect(await sut.take('email', TAKE)).toEqual([]);
      await passSeconds(11);
      expect(await sut.take('email', TAKE)).toMatchObject([
        { target: `email:${user.id}`, attempt: 1, facts: { job_id: 'a job' } },
      ]);
    });
  });

  describe('take', () => {
    it('holds a delivery for one taker until its time is over', async () => {
      const taken = await aTakenDelivery();
      expect(await sut.take('webhook', TAKE)).toEqual([]);
      await passSeconds(61);
      expect(await sut.take('webhook', TAKE)).toMatchObject([{ id: taken.id, attempt: 2 }]);
    });

    it('gives several takers different deliveries', async () => {
      for (let index = 0; index < 20; index += 1) {
        await sut.record(anEvent(), { email: false, callbackUrl: `https://${index}.example.org/` });
      }
      const takers = [fixture.connect(), fixture.connect(), fixture.connect()];
      const taken = await Promise.all(
        takers.map((database) => new DeliveryRepository(database).take('webhook', { ...TAKE, limit: 7 })),
      );
      const ids = taken.flat().map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
    });

    it('leaves out targets that are busy', async () => {
      await sut.record(anEvent(), { email: false, callbackUrl: 'https://slow.example.org/' });
      await sut.record(anEvent(), { email: false, callbackUrl: 'https://fast.example.org/' });
      const taken = await sut.take('webhook', { ...TAKE, busyTargets: ['callback:https://slow.example.org'] });
      expect(taken.map(({ target }) => target)).toEqual(['callback:https://fast.example.org']);
    });
  });

  it('takes a few of a target with a long backlog, and of the others', async () => {
    for (let index = 0; index < 5; index += 1) {
      await sut.record(anEvent(), { email: false, callbackUrl: 'https://slow.example.org/' });
    }
    await sut.record(anEvent(), { email: false, callbackUrl: 'https://fast.example.org/' });
    const taken = await sut.take('webhook', { ...TAKE, perTarget: 2 });
    expect(taken.map(({ target }) => target).toSorted()).toEqual([
      'callback:https://fast.example.org',
      'callback:https://slow.example.org',
      'callback:https://slow.example.org',
    ]);
  });

  describe('the result of an attempt', () => {
    it('ends a delivery that arrived', async () => {
      const delivery = await aTakenDelivery();
      await sut.markDelivered(delivery, aResult({ httpStatus: 204, error: null }));
      expect(await stateOf(delivery)).toEqual({ status: 'DELIVERED', attempt: 1, last_error: null });
      await passSeconds(61);
      expect(await sut.take('webhook', TAKE)).toEqual([]);
    });

    it('postpones one that may arrive later, and says why', async () => {
      const delivery = await aTakenDelivery();
      await sut.retryLater(delivery, aResult(), 300);
      expect(await stateOf(delivery)).toEqual({
        status: 'PENDING',
        attempt: 1,
        last_error: 'The server answered 500.',
      });
      await passSeconds(290);
      expect(await sut.take('webhook', TAKE)).toEqual([]);
      await passSeconds(11);
      expect(await sut.take('webhook', TAKE)).toHaveLength(1);
    });

    it('ends one that cannot arrive', async () => {
      const delivery = await aTakenDelivery();
      await sut.markFailed(delivery, aResult());
      expect(await stateOf(delivery)).toEqual({ status: 'FAILED', attempt: 1, last_error: 'The server answered 500.' });
    });

    it('is logged, with status and duration', async () => {
      const delivery = await aTakenDelivery();
      await sut.retryLater(delivery, aResult(), 0);
      await passSeconds(1);
      const [again] = await sut.take('webhook', TAKE);
      await sut.markDelivered(again ?? delivery, aResult({ httpStatus: 200, error: null }));
      expect(
        await fixture.database.rows(
          'SELECT attempt, duration_ms, http_status, error FROM delivery_attempts ORDER BY 1',
        ),
      ).toEqual([
        { attempt: 1, duration_ms: 12, http_status: 500, error: 'The server answered 500.' },
        { attempt: 2, duration_ms: 12, http_status: 200, error: null },
      ]);
    });

    it('changes nothing when another taker has gone on with it', async () => {
      const late = await aTakenDelivery();
      await passSeconds(61);
      const [current] = await sut.take('webhook', TAKE);
      await sut.markFailed(late, aResult());
      expect(await stateOf(late)).toMatchObject({ status: 'PENDING', attempt: 2 });
      await sut.markDelivered(current ?? late, aResult({ error: null }));
      await sut.retryLater(late, aResult(), 0);
      expect(await stateOf(late)).toMatchObject({ status: 'DELIVERED', attempt: 2 });
    });
  });

  it('drops what ended a month ago, and keeps what is still to be delivered', async () => {
    const old = await aTakenDelivery();
    await sut.markDelivered(old, aResult({ error: null }));
    await sut.record(anEvent(), { email: false, callbackUrl: 'https://example.org/b' });
    await fixture.database.rows(`UPDATE deliveries SET created_at = now() - interval '31 days'`);
    await sut.record(anEvent(), { email: false, callbackUrl: 'https://example.org/c' });
    expect(await sut.dropExpired()).toBe(1);
    expect(await targets()).toHaveLength(2);
  });
});
