import { OwnBroker, OwnDatabase, makeClip, waitFor } from '@app/testing';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebhookReceiver, answering } from '../apps/notifier/test/webhook-receiver.js';
import type { ApiClient } from './support/api-client.js';
import type { AppProcess } from './support/app-process.js';
import { JobRows } from './support/job-rows.js';
import { ServiceUnderTest } from './support/service-under-test.js';

const EVENTS = 200;
const KILLS = 6;
/** Tells the events of the campaign from others. */
const FILENAME = 'campaign.mp4';
const NOTIFIER = { WEBHOOK_PRIVATE_ADDRESSES: 'allow' };

interface CreatedWebhook {
  readonly id: string;
  readonly secret: string;
}

describe('webhooks, from the REST API to a server of the user', () => {
  let broker: OwnBroker;
  let database: OwnDatabase;
  let service: ServiceUnderTest;
  let rows: JobRows;
  let user: ApiClient;
  let receiver: WebhookReceiver;
  let webhook: CreatedWebhook;
  let notifiers: AppProcess[];

  beforeAll(async () => {
    [broker, database, receiver] = await Promise.all([OwnBroker.start(), OwnDatabase.start(), WebhookReceiver.start()]);
    service = await ServiceUnderTest.start({ rabbitmqUrl: broker.url, databaseUrl: database.url });
    rows = new JobRows(service.databaseUrl);
    user = await service.signIn();
    notifiers = [service.startApp('notifier', NOTIFIER), service.startApp('notifier', NOTIFIER)];
    const events = ['conversion.done', 'conversion.failed'];
    webhook = await user.json<CreatedWebhook>('POST', '/webhooks', { url: receiver.url, events });
  });

  afterAll(async () => {
    await Promise.all((notifiers ?? []).filter(({ isRunning }) => isRunning).map((app) => app.stop()));
    await rows?.close();
    await service?.stop();
    await Promise.all([receiver?.stop(), broker?.remove(), database?.remove()]);
  });

  it('tell of a conversion that ended, signed with the secret that was shown once', async () => {
    const { id } = await user.upload(await makeClip({ seconds: 1 }));
    const call = await waitFor(() => receiver.calls[0], { what: 'the call' });
    const event = new Webhook(webhook.secret).verify(call.body, call.headers as Record<string, string>);
    expect(event).toMatchObject({ type: 'conversion.done', data: { job_id: id, status: 'DONE', error: null } });
  });

  it(`lose none of ${EVENTS} events, and repeat none that was recorded, through kills of every process`, async () => {
    receiver.calls.length = 0;
    // Now and then a server of a user fails, too: the next attempt is due in seconds.
    let answers = 0;
    receiver.behavior = (request, response) => answering((answers += 1) % 25 === 0 ? 500 : 204)(request, response);
    const recorded = recordEvents();
    for (let kill = 0; kill < KILLS; kill += 1) {
      const before = await deliveredCount();
      await killOne(kill);
      await waitFor(async () => (await passTime()) && isFurther(await deliveredCount(), before), {
        what: `deliveries after kill ${kill + 1}`,
      });
    }
    const ids = await recorded;
    await waitFor(async () => (await passTime()) && (await deliveredCount()) === EVENTS, { what: 'every delivery' });

    const accepted = await rows.query<{ event_id: string; attempts: number }>(
      `SELECT event_id, attempt AS attempts FROM deliveries WHERE facts ->> 'filename' = '${FILENAME}' AND status = 'DELIVERED'`,
    );
    expect(accepted.map(({ event_id }) => event_id).toSorted()).toEqual(ids.toSorted());
    // A call without a record of it is repeated: each call beyond the first has an attempt of its own.
    const callsOf = (id: string): number => receiver.calls.filter(({ headers }) => headers['webhook-id'] === id).length;
    const repeated = accepted.filter(({ event_id, attempts }) => callsOf(event_id) > attempts);
    expect(repeated).toEqual([]);
    console.log(
      `${EVENTS} events, ${KILLS} kills: ${receiver.calls.length} calls, ${accepted.filter(({ attempts }) => attempts > 1).length} events with more than one attempt`,
    );
  });

  /** As a finishing transaction does, for jobs that need no conversion. */
  async function recordEvents(): Promise<string[]> {
    const { id: userId } = await user.json<{ id: number }>('GET', '/auth/me');
    const inserted = await rows.query<{ id: string }>(
      `INSERT INTO outbox (id, topic, payload)
       SELECT gen_random_uuid(), 'conversion.finished', jsonb_build_object('job_id', gen_random_uuid(), 'user_id', $1::int,
         'status', 'DONE', 'error', NULL, 'revision', 1, 'filename', '${FILENAME}')
       FROM generate_series(1, $2::int) RETURNING id`,
      [userId, EVENTS],
    );
    return inserted.map(({ id }) => id);
  }

  async function deliveredCount(): Promise<number> {
    const counted = await rows
      .query<{ count: number }>(
        `SELECT count(*)::int FROM deliveries WHERE status = 'DELIVERED' AND facts ->> 'filename' = '${FILENAME}'`,
      )
      .catch(() => []);
    return counted[0]?.count ?? 0;
  }

  const isFurther = (count: number, before: number): boolean => count > before || count === EVENTS;

  /** What a killed process held is due for others at once, instead of after minutes. */
  async function passTime(): Promise<boolean> {
    const due = [
      `UPDATE deliveries SET next_attempt_at = now() WHERE status = 'PENDING' AND next_attempt_at > now() + interval '10 seconds'`,
      `UPDATE outbox SET available_at = now() WHERE available_at > now() + interval '10 seconds'`,
    ];
    await Promise.all(due.map((sql) => rows.query(sql))).catch(() => undefined);
    return true;
  }

  async function killOne(kill: number): Promise<void> {
    if (kill % 3 === 2) return kill === 2 ? restart(broker) : restart(database);
    const index = kill % 2;
    await notifiers[index]?.kill();
    notifiers[index] = service.startApp('notifier', NOTIFIER);
    if (kill !== 3) return;
    await service.api.kill();
    service.startApi();
  }

  async function restart(server: OwnBroker | OwnDatabase): Promise<void> {
    await server.kill();
    await server.restart();
  }
});
