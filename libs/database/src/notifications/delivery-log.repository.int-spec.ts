import { randomUUID } from 'node:crypto';
import { DatabaseFixture } from '@app/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { User } from '../users/user.entity.js';
import { DeliveryLogRepository, LOGGED_ATTEMPTS, LOGGED_DELIVERIES } from './delivery-log.repository.js';
import { DeliveryRepository, type TakenDelivery } from './delivery.repository.js';
import { WebhookRepository } from './webhook.repository.js';

const TAKE = { limit: 10, holdSeconds: 60, perTarget: 10 };
const FAILED = { startedAt: new Date(), durationMs: 12, httpStatus: 500, error: 'The server answered 500.' };

describe('DeliveryLogRepository', () => {
  let fixture: DatabaseFixture;
  let sut: DeliveryLogRepository;
  let deliveries: DeliveryRepository;
  let user: User;
  let webhookId: string;

  beforeAll(async () => {
    fixture = await DatabaseFixture.create();
    sut = new DeliveryLogRepository(fixture.database);
    deliveries = new DeliveryRepository(fixture.database);
    user = await fixture.aUser();
  });
  beforeEach(async () => {
    await fixture.database.rows('DELETE FROM webhooks');
    webhookId = randomUUID();
    const values = { url: 'https://example.org/', events: ['conversion.done'], secret: Buffer.from('one') };
    await new WebhookRepository(fixture.database).create({ id: webhookId, userId: user.id, ...values });
  });
  afterAll(() => fixture.remove());

  async function taken(): Promise<TakenDelivery> {
    const [delivery] = await deliveries.take('webhook', TAKE);
    if (delivery === undefined) throw new Error('Nothing was due');
    return delivery;
  }

  it('makes a delivery due that waits for its next attempt', async () => {
    await sut.test(webhookId, user.id);
    const delivery = await taken();
    await deliveries.retryLater(delivery, FAILED, 3600);
    expect(await deliveries.take('webhook', TAKE)).toEqual([]);
    await sut.redeliver(delivery.id, webhookId);
    expect(await taken()).toMatchObject({ id: delivery.id, attempt: 2 });
  });

  it('starts no second attempt beside one that runs', async () => {
    await sut.test(webhookId, user.id);
    const { id } = await taken();
    expect(await sut.redeliver(id, webhookId)).toMatchObject({ id, status: 'PENDING' });
    expect(await sut.test(webhookId, user.id)).toMatchObject({ id });
    expect(await deliveries.take('webhook', TAKE)).toEqual([]);
  });

  it('delivers a failed event again, and counts on', async () => {
    await sut.test(webhookId, user.id);
    const delivery = await taken();
    await deliveries.markFailed(delivery, FAILED);
    await sut.redeliver(delivery.id, webhookId);
    await deliveries.markDelivered(await taken(), { ...FAILED, httpStatus: 204, error: null });
    expect(await sut.list(webhookId)).toMatchObject([
      {
        id: delivery.id,
        status: 'DELIVERED',
        attempts: [
          { attempt: 1, error: FAILED.error },
          { attempt: 2, error: null },
        ],
      },
    ]);
  });

  it('adds one test however many are asked for at the same time', async () => {
    const ids = await Promise.all(Array.from({ length: 5 }, async () => (await sut.test(webhookId, user.id))?.id));
    expect(new Set(ids).size).toBe(1);
  });

  it('adds no test to the webhook of another user', async () => {
    const stranger = await fixture.aUser();
    expect(await sut.test(webhookId, stranger.id)).toBeNull();
    expect(await sut.list(webhookId)).toEqual([]);
  });

  it('shows the newest deliveries and their last attempts, within bounds', async () => {
    await fixture.database.rows(
      `INSERT INTO deliveries (id, event_id, target, channel, user_id, webhook_id, event_type, occurred_at, facts, created_at)
       SELECT gen_random_uuid(), gen_random_uuid(), 'webhook', 'webhook', $1, $2, 'conversion.done', now(), '{}',
              now() - make_interval(mins => n) FROM generate_series(1, $3) AS n`,
      [user.id, webhookId, LOGGED_DELIVERIES + 1],
    );
    const [newest] = await sut.list(webhookId);
    await fixture.database.rows(
      `INSERT INTO delivery_attempts (delivery_id, attempt, started_at, duration_ms)
       SELECT $1, n, now(), 1 FROM generate_series(1, $2) AS n`,
      [newest?.id, LOGGED_ATTEMPTS + 5],
    );
    const listed = await sut.list(webhookId);
    expect(listed).toHaveLength(LOGGED_DELIVERIES);
    const ages = listed.map(({ createdAt }) => createdAt.getTime());
    expect(ages).toEqual(ages.toSorted((a, b) => b - a));
    const attempts = listed[0]?.attempts.map(({ attempt }) => attempt);
    expect(attempts).toEqual(Array.from({ length: LOGGED_ATTEMPTS }, (_, index) => index + 6));
  });
});
