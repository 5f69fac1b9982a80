import { setTimeout as delay } from 'node:timers/promises';
import type { ServerResponse } from 'node:http';
import { waitFor } from '@app/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WebhookReceiver, answering, type Behavior } from '../apps/notifier/test/webhook-receiver.js';
import type { ApiClient } from './support/api-client.js';
import type { AppProcess } from './support/app-process.js';
import { JobRows } from './support/job-rows.js';
import { ServiceUnderTest } from './support/service-under-test.js';

/** For webhooks to this machine. */
const ALLOW = { WEBHOOK_PRIVATE_ADDRESSES: 'allow', WEBHOOK_TIMEOUT_SECONDS: '2' };
const PATIENT = { WEBHOOK_PRIVATE_ADDRESSES: 'allow', WEBHOOK_TIMEOUT_SECONDS: '120' };
const EMAIL_IS_ON = { SMTP_URL: 'smtp://127.0.0.1:1', MAIL_FROM: 'mp3@example.org' };

interface Delivery {
  readonly id: string;
  readonly status: string;
  readonly attempts: readonly { readonly http_status: number | null; readonly error: string | null }[];
}

const slowly: Behavior = (request, response) => void delay(500).then(() => answering(204)(request, response));
const elsewhere: Behavior = (request, response) =>
  answering(307, { Location: `http://${request.headers.host}/elsewhere` })(request, response);

describe('webhooks, called by a notifier', () => {
  let service: ServiceUnderTest;
  let rows: JobRows;
  let user: ApiClient;
  let receiver: WebhookReceiver;
  let notifier: AppProcess | undefined;

  beforeAll(async () => {
    service = await ServiceUnderTest.start({ workers: 0, env: EMAIL_IS_ON });
    rows = new JobRows(service.databaseUrl);
    user = await service.signIn();
    await rows.query(`UPDATE users SET email = 'owner@example.org', email_verified_at = now()`);
    receiver = await WebhookReceiver.start();
    await start(ALLOW);
  });
  beforeEach(() => {
    receiver.calls.length = 0;
    receiver.behavior = answering(204);
  });
  afterEach(async () => {
    await rows.query('DELETE FROM webhooks');
    await rows.query('DELETE FROM deliveries');
  });
  afterAll(async () => {
    if (notifier?.isRunning === true) await notifier.stop();
    await rows?.close();
    await service?.stop();
    await receiver?.stop();
  });

  /** Starts a notifier in place of the one before, and waits until it is ready. */
  async function start(env: Readonly<Record<string, string>>): Promise<void> {
    if (notifier?.isRunning === true) await notifier.stop();
    notifier = service.startApp('notifier', env);
    const healthUrl = await service.healthUrlOf(notifier);
    await waitFor(async () => (await service.readiness(healthUrl)).httpStatus === 200, { what: 'the notifier' });
  }

  async function aWebhook(): Promise<string> {
    const body = { url: receiver.url, events: ['conversion.done'] };
    return (await user.json<{ id: string }>('POST', '/webhooks', body)).id;
  }

  const logOf = async (id: string): Promise<readonly Delivery[]> =>
    (await user.json<{ items: Delivery[] }>('GET', `/webhooks/${id}/deliveries`)).items;

  /** Sends a test event and waits for the result of its first attempt. */
  async function test(id: string): Promise<Delivery> {
    await user.json('POST', `/webhooks/${id}/test`);
    const attempted = async (): Promise<Delivery | undefined> =>
      (await logOf(id)).find(({ attempts }) => attempts.length > 0);
    return waitFor(attempted, { what: 'an attempt' });
  }

  it.each<[string, Behavior, string, number | null, string | null]>([
    ['answers slowly', slowly, 'DELIVERED', 204, null],
    ['does not answer', () => undefined, 'PENDING', null, 'The server did not answer within 2 seconds.'],
    ['answers 500', answering(500), 'PENDING', 500, 'The server answered 500.'],
    ['redirects', elsewhere, 'PENDING', 307, 'The server answered 307. Redirects are not followed.'],
    [
      'closes early',
      (request) => void request.socket.destroy(),
      'PENDING',
      null,
      'The server closed the connection before it answered.',
    ],
  ])('log a server that %s', async (_name, behavior, status, httpStatus, error) => {
    receiver.behavior = behavior;
    const id = await aWebhook();
    expect(await test(id)).toMatchObject({ status, attempts: [{ http_status: httpStatus, error }] });
    expect(receiver.calls.map(({ path }) => path)).toEqual(['/hook']);
    expect(await user.json('GET', `/webhooks/${id}`)).toMatchObject({ enabled: true });
  });

  it.each([
    ['gone', 410, null],
    ['failing', 500, '6 days'],
  ] as const)('are disabled when they are %s, which their owner is told', async (reason, status, age) => {
    receiver.behavior = answering(status);
    const id = await aWebhook();
    await rows.query('UPDATE webhooks SET failing_since = now() - $1::interval', [age]);
    await test(id);
    await waitFor(async () => !(await user.json<{ enabled: boolean }>('GET', `/webhooks/${id}`)).enabled, {
      what: 'the end of the webhook',
    });
    expect(await user.json('GET', `/webhooks/${id}`)).toMatchObject({ disabled_reason: reason });
    const told = async (): Promise<object[]> =>
      (await user.json<{ items: { event: string }[] }>('GET', '/deliveries')).items;
    expect(await waitFor(async () => ((await told()).length > 0 ? told() : null))).toMatchObject([
      { event: 'webhook.disabled', channel: 'email' },
    ]);
  });

  it('to private addresses are not called, unless the operator allows it', async () => {
    await start({});
    const id = await aWebhook();
    const error = 'The address is private. Only public addresses are called.';
    const { id: deliveryId } = await test(id);
    expect(await logOf(id)).toMatchObject([{ status: 'PENDING', attempts: [{ http_status: null, error }] }]);
    // Neither are they at a later attempt.
    await user.json('POST', `/webhooks/${id}/deliveries/${deliveryId}/redeliver`);
    await waitFor(async () => (await logOf(id))[0]?.attempts.length === 2, { what: 'another attempt' });
    expect((await logOf(id))[0]?.attempts[1]).toMatchObject({ http_status: null, error });
    expect(receiver.calls).toEqual([]);
  });

  it('finish a call in progress when the notifier is shut down', async () => {
    await start(PATIENT);
    const held: ServerResponse[] = [];
    receiver.behavior = (_request, response) => void held.push(response);
    const id = await aWebhook();
    await user.json('POST', `/webhooks/${id}/test`);
    await waitFor(() => held.length === 1, { what: 'the call' });
    const exit = notifier?.stop();
    held[0]?.writeHead(204).end();
    expect(await exit).toBe(0);
    expect(await logOf(id)).toMatchObject([{ status: 'DELIVERED', attempts: [{ http_status: 204 }] }]);
  });
});
