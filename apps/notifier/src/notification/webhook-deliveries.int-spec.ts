import { randomBytes, randomUUID } from 'node:crypto';
import { DeliveryLogRepository, WebhookRepository } from '@app/database';
import { SecretBox, WEBHOOK_SECRETS } from '@app/secrets';
import { waitFor } from '@app/testing';
import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { NotifierUnderTest, TEST_SECRET } from '../../test/notifier-under-test.js';
import { WebhookReceiver, answering } from '../../test/webhook-receiver.js';

const box = new SecretBox(TEST_SECRET, WEBHOOK_SECRETS);

describe('webhooks', () => {
  let sut: NotifierUnderTest;
  let receiver: WebhookReceiver;
  let secret: string;

  beforeAll(async () => {
    sut = await NotifierUnderTest.prepare();
    // Nothing listens there: what is recorded for email stays.
    await sut.start({
      SMTP_URL: 'smtp://127.0.0.1:1',
      MAIL_FROM: 'service@example.org',
      PUBLIC_URL: 'http://127.0.0.1',
    });
  });
  beforeEach(async () => {
    receiver = await WebhookReceiver.start();
    secret = `whsec_${randomBytes(32).toString('base64')}`;
  });
  afterEach(async () => {
    await receiver.stop();
    await sut.fixture.database.rows('DELETE FROM deliveries');
    await sut.fixture.database.rows('DELETE FROM webhooks');
  });
  afterAll(async () => {
    await sut?.stop();
    await sut?.remove();
  });

  async function aWebhook(events = ['conversion.done', 'conversion.failed']): Promise<string> {
    const id = randomUUID();
    const values = { userId: sut.user.id, url: receiver.url, events, secret: box.seal(secret) };
    await new WebhookRepository(sut.fixture.database).create({ id, ...values });
    return id;
  }

  const called = (count: number): Promise<true> =>
    waitFor(() => receiver.calls.length >= count || null, { what: `${count} calls` });

  interface State {
    readonly status: string;
    readonly attempt: number;
    readonly last_error: string | null;
  }
  const become = (status: string, attempt = 1): Promise<State> =>
    waitFor(
      async () => {
        const rows = await sut.fixture.database.rows<State & object>(
          `SELECT status, attempt, last_error FROM deliveries WHERE channel = 'webhook'`,
        );
        // An attempt that runs leaves the row PENDING, too.
        const isSettled = (row: State): boolean => row.status === 'DELIVERED' || row.last_error !== null;
        return rows.find((row) => row.status === status && row.attempt === attempt && isSettled(row));
      },
      { what: `a delivery that is ${status}` },
    );

  it('tells the server of a finished conversion, signed', async () => {
    await aWebhook();
    const id = await sut.finish();
    await called(1);
    const [call] = receiver.calls;
    const event = new Webhook(secret).verify(call?.body ?? '', call?.headers as Record<string, string>);
    expect(call?.headers['webhook-id']).toBe(id);
    expect(event).toMatchObject({
      type: 'conversion.done',
      data: {
        status: 'DONE',
        filename: 'clip.mp4',
        duration: 5,
        output_size: 81_000,
        error: null,
        error_message: null,
      },
    });
    expect(await become('DELIVERED')).toMatchObject({ last_error: null });
  });

  it('says why a conversion failed', async () => {
    await aWebhook();
    await sut.finish({ status: 'FAILED', error: 'no_audio_stream', duration_ms: null, output_size: null });
    await called(1);
    expect(JSON.parse(receiver.calls[0]?.body ?? '')).toMatchObject({
      type: 'conversion.failed',
      data: { error: 'no_audio_stream', error_message: expect.stringMatching(/audio/) as string, duration: null },
    });
  });

  it('signs with both secrets while one is being replaced', async () => {
    const id = await aWebhook();
    const replacement = `whsec_${randomBytes(32).toString('base64')}`;
    await new WebhookRepository(sut.fixture.database).rotateSecret(id, sut.user.id, box.seal(replacement));
    await sut.finish();
    await called(1);
    const { body = '', headers } = receiver.calls[0] ?? {};
    for (const each of [secret, replacement]) {
      expect(() => new Webhook(each).verify(body, headers as Record<string, string>)).not.toThrow();
    }
  });

  it('calls an address that an upload asked for, signed with the secret of the account', async () => {
    await sut.fixture.database.rows('UPDATE users SET callback_secret = $2 WHERE id = $1', [
      sut.user.id,
      box.seal(secret),
    ]);
    await sut.finish({ callback_url: `${receiver.url}?job=1` });
    await called(1);
    const { path, body = '', headers } = receiver.calls[0] ?? {};
    expect(path).toBe('/hook?job=1');
    expect(() => new Webhook(secret).verify(body, headers as Record<string, string>)).not.toThrow();
  });

  it('tries again later, with the same id', async () => {
    await aWebhook();
    receiver.behavior = answering(500);
    await sut.finish();
    expect(await become('PENDING')).toEqual({ status: 'PENDING', attempt: 1, last_error: 'The server answered 500.' });
    receiver.behavior = answering(200);
    await sut.fixture.database.rows(`UPDATE deliveries SET next_attempt_at = now()`);
    await become('DELIVERED', 2);
    expect(new Set(receiver.calls.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(await sut.fixture.database.rows('SELECT attempt, http_status FROM delivery_attempts ORDER BY 1')).toEqual([
      { attempt: 1, http_status: 500 },
      { attempt: 2, http_status: 200 },
    ]);
  });

  it('begins the retry schedule anew when it delivers an event again', async () => {
    const webhookId = await aWebhook();
    receiver.behavior = answering(500);
    await sut.finish();
    await become('PENDING');
    // As after the last attempt of the schedule.
    const [delivery] = await sut.fixture.database.rows<{ id: string }>(
      `UPDATE deliveries SET status = 'FAILED', attempt = 10 RETURNING id`,
    );
    await new DeliveryLogRepository(sut.fixture.database).redeliver(delivery?.id ?? '', webhookId);
    await called(2);
    const [again] = await waitFor(async () => {
      const settled = await sut.fixture.database.rows<{ status: string; attempt: number; wait: number }>(
        `SELECT status, d.attempt, extract(epoch FROM next_attempt_at - started_at)::float AS wait
         FROM deliveries d JOIN delivery_attempts a ON a.delivery_id = d.id AND a.attempt = 11`,
      );
      return settled.length > 0 ? settled : null;
    });
    expect(again).toMatchObject({ status: 'PENDING', attempt: 11 });
    // 5 seconds, spread by 20 %; not the minutes that later attempts wait.
    expect(again?.wait).toBeLessThan(300 * 0.8);
  });

  it('disables a webhook whose server says that it is gone', async () => {
    const id = await aWebhook();
    receiver.behavior = answering(410);
    await sut.finish();
    await become('FAILED');
    const webhooks = new WebhookRepository(sut.fixture.database);
    expect(await webhooks.findOwned(id, sut.user.id)).toMatchObject({ disabledReason: 'gone' });
    await sut.finish();
    await sut.finish({ callback_url: null });
    expect(receiver.calls).toHaveLength(1);
  });

  it('tells the owner by email when a webhook was disabled', async () => {
    await sut.fixture.database.rows(
      `UPDATE users SET email = 'owner@example.org', email_verified_at = now() WHERE id = $1`,
      [sut.user.id],
    );
    const id = await aWebhook();
    receiver.behavior = answering(410);
    await sut.finish();
    const [told] = await waitFor(async () => {
      const rows = await sut.fixture.database.rows<{ facts: object }>(
        `SELECT facts FROM deliveries WHERE event_type = 'webhook.disabled' AND channel = 'email'`,
      );
      return rows.length > 0 ? rows : null;
    });
    expect(told?.facts).toEqual({ webhook_id: id, reason: 'gone' });
  });

  it('does not let a slow server hold up another', async () => {
    const slow = await WebhookReceiver.start();
    slow.behavior = () => undefined;
    await sut.fixture.database.rows('UPDATE users SET callback_secret = $2 WHERE id = $1', [
      sut.user.id,
      box.seal(secret),
    ]);
    for (let index = 0; index < 50; index += 1) await sut.finish({ callback_url: slow.url });
    await waitFor(() => slow.calls.length >= 4, { what: 'the slow server to be busy' });
    await sut.finish({ callback_url: receiver.url });
    await called(1);
    expect(slow.sockets.size).toBeLessThanOrEqual(4);
    await slow.stop();
  });
});
