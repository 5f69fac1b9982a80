import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Failpoint } from '@app/failpoints';
import { FaultProxy, waitFor } from '@app/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MailReceiver, type MailBehavior, type ReceivedMail } from '../apps/notifier/test/mail-receiver.js';
import type { ApiClient } from './support/api-client.js';
import type { AppProcess } from './support/app-process.js';
import { Failpoints } from './support/failpoints.js';
import { JobRows } from './support/job-rows.js';
import { ServiceUnderTest } from './support/service-under-test.js';

/** After an email was taken, after its Message-ID was fixed, and after it was sent but before that was recorded. */
const POINTS: readonly Failpoint[] = ['deliveries.send.before', 'deliveries.mail.before', 'deliveries.send.after'];
const BEHAVIORS: readonly MailBehavior[] = ['accept', 'greylist', 'reject', 'hang', 'die in the message'];
const DAY_SECONDS = 86_400;

interface Delivery {
  readonly id: string;
  readonly status: string;
  readonly attempt: number;
  readonly last_error: string | null;
}

describe('emails, from the end of a job to a mail server', () => {
  let receiver: MailReceiver;
  let server: FaultProxy;
  let failpoints: Failpoints;
  let service: ServiceUnderTest;
  let rows: JobRows;
  let user: ApiClient;
  let notifier: AppProcess;
  let isOver = false;

  beforeAll(async () => {
    receiver = await MailReceiver.start();
    const { hostname, port } = new URL(receiver.url);
    server = await FaultProxy.start(hostname, Number(port));
    failpoints = new Failpoints(await mkdtemp(join(tmpdir(), 'failpoints-')));
    service = await ServiceUnderTest.start({
      workers: 0,
      env: {
        ...failpoints.env,
        SMTP_URL: server.via(receiver.url),
        MAIL_FROM: 'mp3@example.org',
        PUBLIC_URL: 'https://mp3.example.org',
        SMTP_TIMEOUT_SECONDS: '2',
      },
    });
    rows = new JobRows(service.databaseUrl);
    user = await service.signIn();
    await rows.query(`UPDATE users SET email = 'owner@example.org', email_verified_at = now()`);
    startNotifier();
  });
  beforeEach(() => {
    receiver.behavior = 'accept';
    receiver.mails.splice(0);
  });
  afterEach(() => rows.query('DELETE FROM deliveries'));
  afterAll(async () => {
    isOver = true;
    if (notifier?.isRunning) await notifier.stop();
    await rows?.close();
    await service?.stop();
    await Promise.all([server?.close(), receiver?.stop()]);
    await rm(failpoints.folder, { recursive: true, force: true });
  });

  /** A notifier that dies is started again. */
  function startNotifier(): void {
    notifier = service.startApp('notifier');
    void notifier.ended().then(({ signal }) => {
      if (!isOver && signal === 'SIGKILL') startNotifier();
    });
  }

  /** As a finishing transaction does, for a job that needs no conversion. */
  async function finish(filename: string): Promise<void> {
    const { id: userId } = await user.json<{ id: number }>('GET', '/auth/me');
    await rows.query(
      `INSERT INTO outbox (id, topic, payload)
       VALUES (gen_random_uuid(), 'conversion.finished', jsonb_build_object('job_id', gen_random_uuid(), 'user_id', $1::int,
         'status', 'DONE', 'error', NULL, 'revision', 1, 'filename', $2::text, 'notify_email', true))`,
      [userId, filename],
    );
  }

  const find = async (): Promise<Delivery | undefined> =>
    (await rows.query<Delivery>('SELECT id, status, attempt, last_error FROM deliveries'))[0];

  const recorded = (): Promise<Delivery> => waitFor(find, { what: 'the delivery' });

  const become = (status: string): Promise<Delivery> =>
    waitFor(
      async () => {
        const found = await find();
        return found?.status === status ? found : null;
      },
      { what: `a delivery that is ${status}` },
    );

  /** Lets all time pass until the next attempt. Returns how much that was. */
  async function passTime(): Promise<number> {
    const [passed] = await rows.query<{ seconds: number }>(
      `WITH wait AS (SELECT id, greatest(interval '0', next_attempt_at - now()) AS duration FROM deliveries WHERE status = 'PENDING')
       UPDATE deliveries SET next_attempt_at = next_attempt_at - duration, created_at = created_at - duration,
         occurred_at = occurred_at - duration
       FROM wait WHERE deliveries.id = wait.id RETURNING extract(epoch FROM duration)::float AS seconds`,
    );
    return passed?.seconds ?? 0;
  }

  /** Waits for the result of one more attempt than there were. */
  async function attempted(before: number): Promise<Delivery> {
    const logged = (): Promise<object[]> => rows.query('SELECT FROM delivery_attempts');
    await waitFor(async () => (await logged()).length > before, { what: 'the result of an attempt' });
    return recorded();
  }

  const messageIds = (): (string | undefined)[] => receiver.mails.map(({ parsed }: ReceivedMail) => parsed.messageId);

  /** Kills the notifier at a point of its next attempt; another one starts. */
  async function killAt(point: Failpoint): Promise<void> {
    const before = failpoints.hits(point);
    failpoints.arm(point, 'kill');
    await passTime();
    await waitFor(() => failpoints.hits(point) > before, { what: `the notifier to reach ${point}` });
  }

  describe.each(BEHAVIORS)('to a server that does this: %s', (behavior) => {
    it.each(POINTS)('survive a kill at %s', async (point) => {
      const filename = `${behavior} ${point}.mp4`;
      await finish(filename);
      const { id } = await recorded();
      receiver.behavior = behavior;
      await killAt(point);
      // Another notifier takes over the deliveries of the killed one; the server still behaves in the same way.
      await passTime();
      const { status, attempt, last_error: error } = await attempted(0);
      expect(attempt).toBe(2);

      if (behavior === 'accept') expect({ status, error }).toEqual({ status: 'DELIVERED', error: null });
      else if (behavior === 'reject') {
        expect({ status, error }).toEqual({ status: 'FAILED', error: 'The mail server rejected the email (550).' });
        await redeliverOverHttp(id, filename);
        return;
      } else {
        expect({ status, error }).toEqual({ status: 'PENDING', error: expect.stringContaining('mail server') });
        receiver.behavior = 'accept';
        await passTime();
        expect(await become('DELIVERED')).toMatchObject({ attempt: 3 });
      }
      // At least once: only a server that had accepted the mail already gets it again, with the same Message-ID.
      const isSentTwice = behavior === 'accept' && point === 'deliveries.send.after';
      expect(messageIds()).toEqual(Array.from({ length: isSentTwice ? 2 : 1 }, () => `<${id}@example.org>`));
      expect(receiver.mails.at(-1)?.parsed.text).toContain(filename);
    });
  });

  async function redeliverOverHttp(id: string, filename: string): Promise<void> {
    const { items } = await user.json<{ items: object[] }>('GET', '/deliveries?status=FAILED');
    expect(items).toMatchObject([{ id, filename, channel: 'email', attempts: [{ attempt: 2 }] }]);
    receiver.behavior = 'accept';
    await user.json('POST', `/deliveries/${id}/redeliver`);
    expect(await become('DELIVERED')).toMatchObject({ attempt: 3 });
    // Another mail: a server that knew the first one must not drop it as a copy.
    expect(messageIds()).toEqual([`<${id}.2@example.org>`]);
  }

  it.each<Failpoint>(['deliveries.commit.before', 'deliveries.commit.after'])(
    'are sent once although the notifier is killed at %s',
    async (point) => {
      const before = failpoints.hits(point);
      failpoints.arm(point, 'kill');
      await finish('killed.mp4');
      await waitFor(() => failpoints.hits(point) > before, { what: `the notifier to reach ${point}` });
      const { id } = await recorded();
      await passTime();
      expect(await become('DELIVERED')).toMatchObject({ id, attempt: 1 });
      expect(messageIds()).toEqual([`<${id}@example.org>`]);
    },
  );

  it('survive a kill while the server does not answer', async () => {
    await finish('hanging.mp4');
    const { id } = await recorded();
    receiver.behavior = 'lose the answer';
    await passTime();
    await waitFor(() => receiver.mails.length > 0, { what: 'the mail' });
    await notifier.kill();
    receiver.behavior = 'accept';
    await waitFor(async () => (await passTime(), (await find())?.status === 'DELIVERED'), { what: 'the delivery' });
    expect(new Set(messageIds())).toEqual(new Set([`<${id}@example.org>`]));
  });

  it('are all sent by a server that was away for a day', async () => {
    await finish('patient.mp4');
    const { id } = await recorded();
    await server.refuse();
    server.cut();
    let seconds = await passTime();
    for (let attempts = 0; seconds < DAY_SECONDS; attempts += 1) {
      expect(await attempted(attempts)).toMatchObject({ status: 'PENDING', attempt: attempts + 1 });
      seconds += await passTime();
    }
    await server.refuse(false);
    await waitFor(async () => (await passTime(), (await find())?.status === 'DELIVERED'), { what: 'the delivery' });
    expect(messageIds()).toEqual([`<${id}@example.org>`]);
  });

  describe('have links that', () => {
    /** Posts to the link of the next mail, as its button does. */
    async function follow(mail: number, form: Readonly<Record<string, string>> = {}): Promise<number> {
      const { parsed } = await waitFor(() => receiver.mails[mail], { what: 'the mail' });
      const [link = ''] = /https:\/\/mp3\.example\.org\/\S+token=\S+/.exec(parsed.text ?? '') ?? [];
      const url = link.replace('https://mp3.example.org', service.baseUrl);
      return (await fetch(url, { method: 'POST', body: new URLSearchParams(form) })).status;
    }
    const ask = (path: string, body: object = {}): Promise<Response> =>
      user.fetch(path, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      });

    it('verify an address', async () => {
      await rows.query('UPDATE users SET email_verified_at = NULL');
      expect((await ask('/auth/email-verification')).status).toBe(202);
      expect(await follow(0)).toBe(200);
      expect(await rows.query('SELECT FROM users WHERE email_verified_at IS NOT NULL')).toHaveLength(1);
    });

    it('set another password, once', async () => {
      expect((await ask('/auth/password-reset', { email: 'owner@example.org' })).status).toBe(202);
      const password = 'another battery staple';
      expect(await follow(0, { password })).toBe(200);
      expect(await follow(0, { password: 'a third password' })).toBe(400);
      const login = { username: user.username, password };
      expect((await user.fetch('/auth/me')).status).toBe(401);
      user.token = (await user.json<{ access_token: string }>('POST', '/auth/login', login)).access_token;
      expect((await user.fetch('/auth/me')).status).toBe(200);
    });

    it('stop emails with one click', async () => {
      await user.json('PATCH', '/auth/me', { notify_email: true });
      await finish('last.mp4');
      await recorded();
      await passTime();
      expect(await follow(0, { 'List-Unsubscribe': 'One-Click' })).toBe(200);
      expect(await rows.query('SELECT FROM users WHERE notify_email')).toEqual([]);
    });
  });
});
