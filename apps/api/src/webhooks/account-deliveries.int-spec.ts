import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ApiUnderTest } from '../../test/api-under-test.js';

const EMAIL_IS_ON = { SMTP_URL: 'smtp://127.0.0.1:1', MAIL_FROM: 'mp3@example.org' };
const JOB_ID = '0b0f4e0c-6d0c-4bb7-9c39-5d0f6c8d1f11';
const REJECTED = 'The mail server rejected the email (550).';

describe('the emails and callbacks of an account', () => {
  let api: ApiUnderTest;
  let owner: { id: number; headers: { Authorization: string } };

  beforeAll(async () => {
    api = await ApiUnderTest.start({ variables: EMAIL_IS_ON });
    owner = await api.signIn('owner');
  });
  afterEach(() => api.database.query('DELETE FROM deliveries'));
  afterAll(() => api.stop());

  /** A delivery as the notifier leaves it after one attempt. */
  async function ended(status: string, { callbackUrl = null as string | null, on = api, userId = owner.id } = {}) {
    const id = randomUUID();
    const facts = { job_id: JOB_ID, filename: 'clip.mp4', status: 'DONE' };
    const error = status === 'FAILED' ? REJECTED : null;
    await on.database.query(
      `INSERT INTO deliveries (id, event_id, target, channel, user_id, callback_url, event_type, occurred_at, facts, mail_id, status, attempt, last_error, finished_at)
       VALUES ($1, $1, 'target', $2, $3, $4, 'conversion.done', now(), $5, $6, $7, 1, $8, now())`,
      [
        id,
        callbackUrl === null ? 'email' : 'webhook',
        userId,
        callbackUrl,
        facts,
        callbackUrl === null ? id : null,
        status,
        error,
      ],
    );
    await on.database.query(
      `INSERT INTO delivery_attempts (delivery_id, attempt, started_at, duration_ms, error) VALUES ($1, 1, now(), 131, $2)`,
      [id, error],
    );
    return id;
  }

  const list = async (query = '', headers: Record<string, string> = owner.headers): Promise<unknown[]> => {
    const response = await api.fetch(`/deliveries${query}`, { headers });
    expect(response.status).toBe(200);
    return ((await response.json()) as { items: unknown[] }).items;
  };
  const redeliver = (id: string, headers: Record<string, string> = owner.headers, on = api): Promise<Response> =>
    on.fetch(`/deliveries/${id}/redeliver`, { method: 'POST', headers });
  const codeOf = async (response: Response): Promise<[number, string]> => [
    response.status,
    ((await response.json()) as { code: string }).code,
  ];

  it('are listed with what became of them', async () => {
    const id = await ended('FAILED');
    expect(await list()).toEqual([
      {
        id,
        event_id: id,
        event: 'conversion.done',
        job_id: JOB_ID,
        filename: 'clip.mp4',
        channel: 'email',
        callback_url: null,
        status: 'FAILED',
        error: REJECTED,
        created_at: expect.any(String) as string,
        next_attempt_at: null,
        finished_at: expect.any(String) as string,
        attempts: [
          {
            attempt: 1,
            started_at: expect.any(String) as string,
            duration: 0.131,
            http_status: null,
            error: REJECTED,
          },
        ],
      },
    ]);
  });

  it('are listed by status', async () => {
    const failed = await ended('FAILED');
    const called = await ended('DELIVERED', { callbackUrl: 'https://example.org/done' });
    expect(await list('?status=FAILED')).toMatchObject([{ id: failed }]);
    expect(await list('?status=DELIVERED')).toMatchObject([
      { id: called, channel: 'callback', callback_url: 'https://example.org/done' },
    ]);
    expect(await list('?status=PENDING')).toEqual([]);
    for (const query of ['?status=failed', '?status=FAILED&status=PENDING', '?state=FAILED']) {
      const response = await api.fetch(`/deliveries${query}`, { headers: owner.headers });
      expect(await codeOf(response)).toEqual([400, 'validation_failed']);
    }
  });

  it('are delivered again, emails in a new mail', async () => {
    const ids = [await ended('FAILED'), await ended('FAILED', { callbackUrl: 'https://example.org/done' })];
    for (const id of ids) {
      const response = await redeliver(id);
      expect([response.status, await response.json()]).toEqual([
        202,
        expect.objectContaining({
          id,
          status: 'PENDING',
          finished_at: null,
          next_attempt_at: expect.any(String) as string,
        }),
      ]);
    }
    const { rows } = await api.database.query('SELECT mail_id, status, attempt, attempts_before FROM deliveries');
    const again = { mail_id: null, status: 'PENDING', attempt: 1, attempts_before: 1 };
    expect(rows).toEqual([again, again]);
  });

  it('belong to one account', async () => {
    const id = await ended('FAILED');
    const { headers } = await api.signIn('stranger');
    expect(await list('', headers)).toEqual([]);
    expect(await codeOf(await redeliver(id, headers))).toEqual([404, 'not_found']);
    expect(await codeOf(await redeliver(id, {}))).toEqual([401, 'unauthorized']);
    expect(await codeOf(await api.fetch('/deliveries'))).toEqual([401, 'unauthorized']);
    expect(await list()).toMatchObject([{ id, status: 'FAILED' }]);
  });

  it('include no links that expire, such as those that reset a password', async () => {
    const id = await ended('FAILED');
    await api.database.query(`UPDATE deliveries SET event_type = 'account.password_reset'`);
    expect(await list()).toEqual([]);
    expect(await codeOf(await redeliver(id))).toEqual([404, 'not_found']);
  });

  it('are not sent again by a service that sends no emails; callbacks are', async () => {
    const without = await ApiUnderTest.start();
    const { id: userId, headers } = await without.signIn('ada');
    const email = await ended('FAILED', { on: without, userId });
    const callback = await ended('FAILED', { on: without, userId, callbackUrl: 'https://example.org/done' });
    expect(await codeOf(await redeliver(email, headers, without))).toEqual([403, 'email_disabled']);
    expect((await redeliver(callback, headers, without)).status).toBe(202);
    await without.stop();
  });
});
