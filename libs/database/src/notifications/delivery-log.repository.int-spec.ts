import { randomUUID } from 'node:crypto';
import { DatabaseFixture, waitFor } from '@app/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { User } from '../users/user.entity.js';
import { DeliveryLogRepository, LOGGED_ATTEMPTS, LOGGED_DELIVERIES } from './delivery-log.repository.js';
import { DeliveryRepository, type TakenDelivery } from './delivery.repository.js';
import { MailRepository } from './mail.repository.js';
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
    await fixture.database.rows('DELETE FROM deliveries');
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

  it('begins the retry schedule anew, and counts on', async () => {
    await sut.test(webhookId, user.id);
    const delivery = await taken();
    expect(delivery).toMatchObject({ attempt: 1, attemptsBefore: 0 });
    await deliveries.markFailed(delivery, FAILED);
    await sut.redeliver(delivery.id, webhookId);
    expect(await taken()).toMatchObject({ id: delivery.id, attempt: 2, attemptsBefore: 1 });
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

  it('adds no second test while another request adds one', async () => {
    const added = randomUUID();
    let settled = 0;
    const asked = await fixture.database.transaction(async (runner) => {
      await runner.query('SELECT FROM webhooks WHERE id = $1 FOR UPDATE', [webhookId]);
      await runner.query(
        `INSERT INTO deliveries (id, event_id, target, channel, user_id, webhook_id, event_type, occurred_at, facts)
         VALUES ($1, $1, 'webhook', 'webhook', $2, $3, 'webhook.test', now(), '{}')`,
        [added, user.id, webhookId],
      );
      const test = sut.test(webhookId, user.id).finally(() => (settled += 1));
      await waitFor(async () => settled === 1 || (await fixture.lockWaiters()) === 1, { what: 'the second request' });
      return { test };
    });
    expect(await asked.test).toMatchObject({ id: added });
    expect(await sut.list(webhookId)).toHaveLength(1);
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

  describe('the emails and callbacks of an account', () => {
    const OF_DONE = {
      type: 'conversion.done',
      occurredAt: new Date(),
      facts: { job_id: 'a job', filename: 'clip.mp4' },
    };

    beforeEach(async () => {
      await fixture.database.rows(`UPDATE users SET email = 'o@example.org', email_verified_at = now() WHERE id = $1`, [
        user.id,
      ]);
      // It also calls the webhook, which has a log of its own.
      const targets = { email: true, callbackUrl: 'https://example.org/done' };
      await deliveries.record({ id: randomUUID(), userId: user.id, ...OF_DONE }, targets);
      await new MailRepository(fixture.database).requestPasswordReset('o@example.org');
      await fixture.database.rows(`UPDATE deliveries SET next_attempt_at = now()`);
    });

    async function takenEmail(): Promise<TakenDelivery> {
      await fixture.database.rows(`DELETE FROM deliveries WHERE event_type LIKE 'account.%'`);
      const [email] = await deliveries.take('email', TAKE);
      if (email === undefined) throw new Error('No email was due');
      return email;
    }

    const mailOf = async (id: string): Promise<object | undefined> =>
      (await fixture.database.rows('SELECT mail_id, status, attempt FROM deliveries WHERE id = $1', [id]))[0];

    it('are listed for their owner, without links that expire', async () => {
      const listed = await sut.listOfAccount(user.id, null);
      expect(listed.map(({ channel, callbackUrl }) => `${channel} ${callbackUrl}`).toSorted()).toEqual([
        'email null',
        'webhook https://example.org/done',
      ]);
      for (const each of listed)
        expect(each).toMatchObject({ jobId: 'a job', filename: 'clip.mp4', status: 'PENDING' });
      expect(await sut.listOfAccount((await fixture.aUser()).id, null)).toEqual([]);
    });

    it('are listed by status', async () => {
      const email = await takenEmail();
      await deliveries.markFailed(email, { ...FAILED, httpStatus: null, error: 'Rejected.' });
      expect(await sut.listOfAccount(user.id, 'FAILED')).toMatchObject([
        { id: email.id, lastError: 'Rejected.', attempts: [{ attempt: 1, error: 'Rejected.' }] },
      ]);
      expect(await sut.listOfAccount(user.id, 'PENDING')).toMatchObject([{ channel: 'webhook' }]);
      expect(await sut.listOfAccount(user.id, 'DELIVERED')).toEqual([]);
    });

    it('are sent again in a new mail once they have failed', async () => {
      const email = await takenEmail();
      await new MailRepository(fixture.database).gather(email);
      await deliveries.markFailed(email, FAILED);
      expect(await sut.redeliverToAccount(email.id, user.id)).toMatchObject({ status: 'PENDING', finishedAt: null });
      expect(await mailOf(email.id)).toEqual({ mail_id: null, status: 'PENDING', attempt: 1 });
      expect(await takenEmail()).toMatchObject({ id: email.id, attempt: 2, attemptsBefore: 1 });
    });

    it('stay in their mail while it is pending, whether it is being sent or waits for its next attempt', async () => {
      const email = await takenEmail();
      await new MailRepository(fixture.database).gather(email);
      expect(await sut.redeliverToAccount(email.id, user.id)).toMatchObject({ status: 'PENDING' });
      await deliveries.retryLater(email, FAILED, 3600);
      await sut.redeliverToAccount(email.id, user.id);
      expect(await mailOf(email.id)).toEqual({ mail_id: email.id, status: 'PENDING', attempt: 1 });
      expect(await deliveries.take('email', TAKE)).toEqual([]);
    });

    it('are not delivered again for somebody else, nor are links that expire', async () => {
      const [email] = await sut.listOfAccount(user.id, 'PENDING');
      expect(await sut.redeliverToAccount(email?.id ?? '', (await fixture.aUser()).id)).toBeNull();
      const [reset] = await fixture.database.rows<{ id: string }>(
        `UPDATE deliveries SET status = 'FAILED' WHERE event_type = 'account.password_reset' RETURNING id`,
      );
      expect(await sut.redeliverToAccount(reset?.id ?? '', user.id)).toBeNull();
      expect(await mailOf(reset?.id ?? '')).toMatchObject({ status: 'FAILED' });
    });

    it('do not include the deliveries of webhooks', async () => {
      const [delivery] = await sut.list(webhookId);
      expect(delivery).toMatchObject({ channel: 'webhook' });
      expect(await sut.redeliverToAccount(delivery?.id ?? '', user.id)).toBeNull();
    });
  });
});
