import { randomUUID } from 'node:crypto';
import { MAX_WEBHOOKS_PER_USER } from '@app/database';
import { SecretBox, WEBHOOK_SECRETS } from '@app/secrets';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ApiUnderTest, TEST_SECRET } from '../../test/api-under-test.js';

const URL_OF_HOOK = 'https://example.org/hook?token=1';
const EVENTS = ['conversion.done', 'conversion.failed'];

interface WebhookBody {
  readonly id: string;
  readonly secret: string;
  readonly [field: string]: unknown;
}
interface DeliveryBody {
  readonly id: string;
  readonly event_id: string;
  readonly status: string;
}

describe('webhooks', () => {
  let api: ApiUnderTest;
  let headers: { Authorization: string };
  let strangers: { Authorization: string };

  beforeAll(async () => {
    api = await ApiUnderTest.start();
    ({ headers } = await api.signIn('owner'));
    ({ headers: strangers } = await api.signIn('stranger'));
  });
  beforeEach(() => api.database.query('DELETE FROM webhooks'));
  afterAll(() => api.stop());

  const get = (path: string, as = headers): Promise<Response> => api.fetch(path, { headers: as });
  const post = (path: string, as = headers): Promise<Response> => api.fetch(path, { method: 'POST', headers: as });
  const patch = (path: string, body: unknown, as = headers): Promise<Response> =>
    api.fetch(path, {
      method: 'PATCH',
      headers: { 'Content-Type': 'application/json', ...as },
      body: JSON.stringify(body),
    });
  const create = (body: unknown = { url: URL_OF_HOOK, events: EVENTS }): Promise<Response> =>
    api.postJson('/webhooks', body, headers);
  const aWebhook = async (): Promise<WebhookBody> => (await (await create()).json()) as WebhookBody;
  const codeOf = async (response: Response): Promise<[number, string]> => [
    response.status,
    ((await response.json()) as { code: string }).code,
  ];

  async function aTest(webhookId: string): Promise<DeliveryBody> {
    const response = await post(`/webhooks/${webhookId}/test`);
    expect(response.status).toBe(202);
    return (await response.json()) as DeliveryBody;
  }

  /** As the notifier leaves a delivery after its attempts. */
  async function attempted(id: string, results: readonly { status: number; error: string | null }[]): Promise<void> {
    for (const [index, { status, error }] of results.entries()) {
      await api.database.query(
        `INSERT INTO delivery_attempts (delivery_id, attempt, started_at, duration_ms, http_status, error)
         VALUES ($1, $2, '2026-01-31T12:00:05.5Z', 131, $3, $4)`,
        [id, index + 1, status, error],
      );
    }
    const end = results.at(-1)?.error === null ? 'DELIVERED' : 'FAILED';
    await api.database.query(
      `UPDATE deliveries SET status = $2, attempt = $3, finished_at = now(), next_attempt_at = now() + interval '1 hour' WHERE id = $1`,
      [id, end, results.length],
    );
  }

  const stored = async (id: string): Promise<{ secret: Buffer; previous_secret: Buffer | null }> => {
    const { rows } = await api.database.query<{ secret: Buffer; previous_secret: Buffer | null }>(
      'SELECT secret, previous_secret FROM webhooks WHERE id = $1',
      [id],
    );
    if (rows[0] === undefined) throw new Error('The webhook is not stored');
    return rows[0];
  };

  it('are created with a secret that is shown once and stored encrypted', async () => {
    const response = await create();
    expect(response.status).toBe(201);
    const { secret, ...webhook } = (await response.json()) as WebhookBody;
    expect(webhook).toEqual({
      id: expect.any(String),
      url: URL_OF_HOOK,
      events: EVENTS,
      enabled: true,
      disabled_reason: null,
      failing_since: null,
      previous_secret_until: null,
      created_at: expect.stringMatching(/Z$/),
    });
    expect(response.headers.get('location')).toBe(`/webhooks/${webhook.id}`);
    expect(Buffer.from(secret.replace(/^whsec_/, ''), 'base64')).toHaveLength(32);
    expect(await (await get(`/webhooks/${webhook.id}`)).json()).toEqual(webhook);
    expect(await (await get('/webhooks')).json()).toEqual({ items: [webhook] });

    const { secret: sealed } = await stored(webhook.id);
    expect(sealed.includes(secret)).toBe(false);
    expect(new SecretBox(TEST_SECRET, WEBHOOK_SECRETS).open(sealed)).toBe(secret);
  });

  it.each<[unknown, string[]]>([
    [{}, ['url', 'events']],
    [{ url: 'ftp://example.org/', events: EVENTS }, ['url']],
    [{ url: 'https://user:secret@example.org/', events: EVENTS }, ['url']],
    [{ url: `https://example.org/${'x'.repeat(2048)}`, events: EVENTS }, ['url']],
    [{ url: [URL_OF_HOOK], events: EVENTS }, ['url']],
    [{ url: URL_OF_HOOK, events: [] }, ['events']],
    [{ url: URL_OF_HOOK, events: 'conversion.done' }, ['events']],
    [{ url: URL_OF_HOOK, events: ['conversion.started'] }, ['events']],
    [{ url: URL_OF_HOOK, events: ['conversion.done', 'conversion.done'] }, ['events']],
    [{ url: URL_OF_HOOK, events: EVENTS, secret: 'mine' }, ['secret']],
  ])('are not created from %j', async (body, fields) => {
    const response = await create(body);
    expect(response.status).toBe(400);
    const { errors } = (await response.json()) as { errors: { field: string }[] };
    expect(errors.map(({ field }) => field)).toEqual(fields);
    expect(await (await get('/webhooks')).json()).toEqual({ items: [] });
  });

  it('are limited in number', async () => {
    for (let count = 0; count < MAX_WEBHOOKS_PER_USER; count += 1) expect((await create()).status).toBe(201);
    expect(await codeOf(await create())).toEqual([409, 'too_many_webhooks']);
  });

  it('are changed, disabled and enabled', async () => {
    const { id } = await aWebhook();
    const url = 'http://example.org/other';
    expect(await (await patch(`/webhooks/${id}`, { url })).json()).toMatchObject({ url, events: EVENTS });
    const events = ['conversion.canceled'];
    expect(await (await patch(`/webhooks/${id}`, { events })).json()).toMatchObject({ url, events });
    expect(await (await patch(`/webhooks/${id}`, { enabled: false })).json()).toMatchObject({
      url,
      enabled: false,
      disabled_reason: 'owner',
    });
    expect(await (await patch(`/webhooks/${id}`, { enabled: true })).json()).toMatchObject({
      enabled: true,
      disabled_reason: null,
    });
    expect((await patch(`/webhooks/${id}`, { url: 'https://:x@example.org/' })).status).toBe(400);
    expect((await patch(`/webhooks/${id}`, { enabled: 'yes' })).status).toBe(400);
  });

  it('are deleted', async () => {
    const { id } = await aWebhook();
    expect((await api.fetch(`/webhooks/${id}`, { method: 'DELETE', headers })).status).toBe(204);
    expect((await get(`/webhooks/${id}`)).status).toBe(404);
  });

  it('have two valid secrets for a day after a rotation', async () => {
    const { id, secret } = await aWebhook();
    const rotated = (await (await post(`/webhooks/${id}/rotate-secret`)).json()) as WebhookBody;
    expect(rotated.secret).not.toBe(secret);
    const hours = (new Date(String(rotated['previous_secret_until'])).getTime() - Date.now()) / 3_600_000;
    expect(Math.round(hours)).toBe(24);
    const { secret: sealed, previous_secret: previous } = await stored(id);
    const box = new SecretBox(TEST_SECRET, WEBHOOK_SECRETS);
    expect([sealed, previous].map((each) => box.open(each ?? Buffer.alloc(0)))).toEqual([rotated.secret, secret]);

    await api.database.query(`UPDATE webhooks SET previous_secret_until = now() - interval '1 second'`);
    expect(await (await get(`/webhooks/${id}`)).json()).toMatchObject({ previous_secret_until: null });
  });

  it('are tested with a delivery of their own, one at a time', async () => {
    const { id } = await aWebhook();
    const first = await aTest(id);
    expect(first).toMatchObject({ event: 'webhook.test', status: 'PENDING', attempts: [], finished_at: null });
    expect((await aTest(id)).id).toBe(first.id);
    await attempted(first.id, [{ status: 204, error: null }]);
    expect((await aTest(id)).id).not.toBe(first.id);
    const { rows } = await api.database.query('SELECT target, channel, facts FROM deliveries WHERE id = $1', [
      first.id,
    ]);
    expect(rows).toEqual([{ target: `webhook:${id}`, channel: 'webhook', facts: { webhook_id: id } }]);
  });

  it('have a log of deliveries with their attempts, newest first', async () => {
    const { id } = await aWebhook();
    const failed = await aTest(id);
    await attempted(failed.id, [
      { status: 500, error: 'The server answered 500.' },
      { status: 410, error: 'The server answered 410.' },
    ]);
    const pending = await aTest(id);
    expect(await (await get(`/webhooks/${id}/deliveries`)).json()).toEqual({
      items: [
        pending,
        {
          ...failed,
          status: 'FAILED',
          next_attempt_at: null,
          finished_at: expect.stringMatching(/Z$/),
          attempts: [
            expect.objectContaining({ attempt: 1, error: 'The server answered 500.' }),
            {
              attempt: 2,
              started_at: '2026-01-31T12:00:05.500Z',
              duration: 0.131,
              http_status: 410,
              error: 'The server answered 410.',
            },
          ],
        },
      ],
    });
  });

  it('get an event again with the same id', async () => {
    const { id } = await aWebhook();
    const delivery = await aTest(id);
    await attempted(delivery.id, [{ status: 204, error: null }]);
    const response = await post(`/webhooks/${id}/deliveries/${delivery.id}/redeliver`);
    expect(response.status).toBe(202);
    expect(await response.json()).toMatchObject({
      id: delivery.id,
      event_id: delivery.event_id,
      status: 'PENDING',
      finished_at: null,
      attempts: [{ attempt: 1 }],
    });
    const other = await aWebhook();
    expect(await codeOf(await post(`/webhooks/${other.id}/deliveries/${delivery.id}/redeliver`))).toEqual([
      404,
      'not_found',
    ]);
  });

  it('are not called while they are disabled', async () => {
    const { id } = await aWebhook();
    const delivery = await aTest(id);
    await patch(`/webhooks/${id}`, { enabled: false });
    for (const path of ['test', `deliveries/${delivery.id}/redeliver`]) {
      expect(await codeOf(await post(`/webhooks/${id}/${path}`))).toEqual([409, 'webhook_disabled']);
    }
  });

  describe('belong to one account', () => {
    const ROUTES: readonly [string, string, object?][] = [
      ['GET', ''],
      ['PATCH', '', { url: 'https://evil.example.org/' }],
      ['DELETE', ''],
      ['POST', '/rotate-secret'],
      ['POST', '/test'],
      ['GET', '/deliveries'],
      ['POST', '/deliveries/DELIVERY/redeliver'],
    ];

    it.each(ROUTES)('%s /webhooks/{webhook_id}%s', async (method, suffix, body) => {
      const { id } = await aWebhook();
      const delivery = await aTest(id);
      await attempted(delivery.id, [{ status: 500, error: 'The server answered 500.' }]);
      const before = await api.database.query('SELECT * FROM webhooks CROSS JOIN deliveries');
      const path = suffix.replace('DELIVERY', delivery.id);
      const send = (webhookId: string, as: Record<string, string>): Promise<Response> =>
        api.fetch(`/webhooks/${webhookId}${path}`, {
          method,
          headers: { ...as, ...(body !== undefined && { 'Content-Type': 'application/json' }) },
          ...(body !== undefined && { body: JSON.stringify(body) }),
        });
      const withoutIds = async (response: Response): Promise<unknown> => {
        const { instance: _instance, request_id: _id, ...problem } = (await response.json()) as Record<string, unknown>;
        return { status: response.status, problem };
      };

      const answer = await withoutIds(await send(id, strangers));
      expect(answer).toMatchObject({ status: 404, problem: { code: 'not_found' } });
      expect(answer).toEqual(await withoutIds(await send(randomUUID(), strangers)));
      expect(await codeOf(await send(id, {}))).toEqual([401, 'unauthorized']);
      const after = await api.database.query('SELECT * FROM webhooks CROSS JOIN deliveries');
      expect(after.rows).toEqual(before.rows);
    });

    it('and are listed and created there only', async () => {
      await aWebhook();
      expect(await (await get('/webhooks', strangers)).json()).toEqual({ items: [] });
      expect(await codeOf(await api.fetch('/webhooks'))).toEqual([401, 'unauthorized']);
      expect(await codeOf(await api.postJson('/webhooks', { url: URL_OF_HOOK, events: EVENTS }))).toEqual([
        401,
        'unauthorized',
      ]);
    });
  });

  it('are not found under what is no UUID', async () => {
    expect(await codeOf(await get('/webhooks/1'))).toEqual([400, 'validation_failed']);
  });
});
