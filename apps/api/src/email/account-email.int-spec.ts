import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { Database, MailRepository } from '@app/database';
import { LogContext } from '@app/observability';
import { SignedTokens, UNSUBSCRIBE_LINKS, VERIFICATION_LINKS, type VerificationClaims } from '@app/secrets';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { ApiUnderTest, TEST_SECRET, aForm } from '../../test/api-under-test.js';

const PASSWORD = 'correct horse';
/** The least time of an answer, less what a timer can be early. */
const ANSWER_MS = 300 - 10;
const VARIABLES = {
  SMTP_URL: 'smtp://127.0.0.1:1',
  MAIL_FROM: 'mp3@example.org',
  PUBLIC_URL: 'https://mp3.example.org',
};
const TOMORROW = Math.floor(new Date().getTime() / 1000) + 86_400;

interface Account {
  readonly id: number;
  readonly email: string;
  readonly headers: { Authorization: string };
}

describe('emails about accounts', () => {
  let api: ApiUnderTest;
  let mailServer: Server;
  let connections = 0;
  let count = 0;

  beforeAll(async () => {
    mailServer = createServer(() => (connections += 1)).listen(0, '127.0.0.1');
    await once(mailServer, 'listening');
    const { port } = mailServer.address() as AddressInfo;
    api = await ApiUnderTest.start({ variables: { ...VARIABLES, SMTP_URL: `smtp://127.0.0.1:${port}` } });
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await api.database.query('DELETE FROM deliveries');
  });
  afterAll(async () => {
    await api.stop();
    mailServer.close();
  });

  async function anAccount({ isVerified = true } = {}): Promise<Account> {
    count += 1;
    const username = `user-${count}`;
    const email = `${username}@example.org`;
    const { id, headers } = await api.signIn(username);
    await api.database.query('UPDATE users SET email = $2, email_verified_at = $3 WHERE id = $1', [
      id,
      email,
      isVerified ? new Date() : null,
    ]);
    return { id, email, headers };
  }

  const post = (path: string, init: RequestInit = {}): Promise<Response> =>
    api.fetch(path, { method: 'POST', ...init });

  const codeOf = async (response: Response): Promise<string> => ((await response.json()) as { code: string }).code;

  async function recorded(): Promise<object[]> {
    const { rows } = await api.database.query<object>('SELECT event_type, user_id, target, facts FROM deliveries');
    return rows;
  }

  const isVerified = async ({ id }: Account): Promise<boolean> => {
    const { rows } = await api.database.query('SELECT FROM users WHERE id = $1 AND email_verified_at IS NOT NULL', [
      id,
    ]);
    return rows.length === 1;
  };

  describe('verification', () => {
    const aToken = (claims: VerificationClaims, secret = TEST_SECRET): string =>
      new SignedTokens<VerificationClaims>(secret, VERIFICATION_LINKS).sign(claims);

    it('is asked for once, however often', async () => {
      const { id, email, headers } = await anAccount({ isVerified: false });
      for (let time = 0; time < 3; time += 1) {
        expect((await post('/auth/email-verification', { headers })).status).toBe(202);
      }
      expect(await recorded()).toEqual([
        { event_type: 'account.email_verification', user_id: id, target: `email:${id}`, facts: { email } },
      ]);
    });

    it('is rejected without an address, and with a verified one', async () => {
      const verified = await anAccount();
      expect(await codeOf(await post('/auth/email-verification', { headers: verified.headers }))).toBe(
        'email_already_verified',
      );
      const { headers } = await api.signIn('no-address');
      expect(await codeOf(await post('/auth/email-verification', { headers }))).toBe('email_missing');
      expect(await codeOf(await post('/auth/email-verification'))).toBe('unauthorized');
    });

    it('happens when the button on the page of the link is pressed, not when the page is opened', async () => {
      const account = await anAccount({ isVerified: false });
      const token = aToken({ user: account.id, email: account.email, until: TOMORROW });
      const page = await api.fetch(`/auth/email-verification/confirm?token=${token}`);
      expect(page.headers.get('content-security-policy')).toContain("form-action 'self'");
      expect(await page.text()).toContain('<form method="post">');
      expect(await isVerified(account)).toBe(false);
      expect((await post(`/auth/email-verification/confirm?token=${token}`)).status).toBe(200);
      expect(await isVerified(account)).toBe(true);
    });

    it('does not happen with a link that is forged, expired, or for another address', async () => {
      const account = await anAccount({ isVerified: false });
      const claims = { user: account.id, email: account.email, until: TOMORROW };
      const tokens = [
        '',
        aToken(claims, 'another key'),
        aToken({ ...claims, until: TOMORROW - 2 * 86_400 }),
        aToken({ ...claims, email: 'before@example.org' }),
        new SignedTokens(TEST_SECRET, UNSUBSCRIBE_LINKS).sign(claims),
      ];
      for (const token of tokens) {
        const response = await post(`/auth/email-verification/confirm?token=${token}`);
        expect([response.status, await codeOf(response)]).toEqual([400, 'link_invalid']);
      }
      expect(await isVerified(account)).toBe(false);
    });
  });

  describe('password reset', () => {
    /** Creates the link as the notifier does. */
    async function deliver({ id }: Account): Promise<string> {
      const token = `${id}.${randomBytes(32).toString('base64url')}`;
      const hash = createHash('sha256').update(token).digest();
      const { rows } = await api.database.query<{ id: string; attempt: number }>(
        `UPDATE deliveries SET attempt = attempt + 1 WHERE event_type = 'account.password_reset' RETURNING id, attempt`,
      );
      const [delivery] = rows;
      if (delivery === undefined) throw new Error('No email was asked for');
      const values = { eventId: '', target: '', userId: id, webhookId: null, callbackUrl: null, eventType: '' };
      const at = new Date();
      const dates = { occurredAt: at, createdAt: at };
      const taken = { ...delivery, ...values, ...dates, facts: {}, mailId: null, attemptsBefore: 0 };
      expect(await new MailRepository(api.app.get(Database)).storePasswordReset(taken, hash, 30)).toBe(true);
      return token;
    }

    const ask = (email: string): Promise<Response> => api.postJson('/auth/password-reset', { email });
    const confirm = (token: string, password: string): Promise<Response> =>
      post(`/auth/password-reset/confirm?token=${token}`, { body: new URLSearchParams({ password }) });
    const logIn = async ({ email }: Account, password: string): Promise<number> =>
      (await api.postJson('/auth/login', { username: email.split('@')[0], password })).status;

    it('sets another password, once', async () => {
      const account = await anAccount();
      expect((await ask(account.email.toUpperCase())).status).toBe(202);
      const token = await deliver(account);
      const page = await (await api.fetch(`/auth/password-reset/confirm?token=${token}`)).text();
      expect(page).toContain('name="password"');
      expect((await confirm(token, 'battery staple')).status).toBe(200);
      expect(await logIn(account, PASSWORD)).toBe(401);
      expect(await logIn(account, 'battery staple')).toBe(200);
      expect(await codeOf(await confirm(token, 'another password'))).toBe('link_invalid');
      expect(await logIn(account, 'battery staple')).toBe(200);
    });

    it('works once for requests that come at the same time', async () => {
      const account = await anAccount();
      await ask(account.email);
      const token = await deliver(account);
      const passwords = ['the first one', 'the second one', 'the third one'];
      const answers = await Promise.all(passwords.map((password) => confirm(token, password)));
      expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 400, 400]);
    });

    it('is over after its time, and when a newer link was sent', async () => {
      const account = await anAccount();
      await ask(account.email);
      const [older, newer] = [await deliver(account), await deliver(account)];
      expect(await codeOf(await confirm(older, 'battery staple'))).toBe('link_invalid');
      await api.database.query(`UPDATE users SET password_reset_until = now() - interval '1 second'`);
      expect(await codeOf(await confirm(newer, 'battery staple'))).toBe('link_invalid');
      expect(await logIn(account, PASSWORD)).toBe(200);
    });

    it.each(['', 'x', `1.${'a'.repeat(43)}`, `9999999999.${'a'.repeat(43)}`])(
      'does not accept the token %j',
      async (token) => {
        expect(await codeOf(await confirm(token, 'battery staple'))).toBe('link_invalid');
      },
    );

    it('gets the same answer for an address that is unknown or not verified, without an email', async () => {
      const unverified = await anAccount({ isVerified: false });
      const known = await anAccount();
      const answers = await Promise.all(
        [known.email, unverified.email, 'nobody@example.org'].map(async (email) => {
          const response = await ask(email);
          const headers = [...response.headers.keys()].filter((name) => name !== 'x-request-id');
          return { status: response.status, headers, body: await response.text() };
        }),
      );
      expect(answers[1]).toEqual(answers[0]);
      expect(answers[2]).toEqual(answers[0]);
      expect(await recorded()).toMatchObject([{ user_id: known.id }]);
    });

    it('does the same work for every address, after which no answer comes early', async () => {
      const known = await anAccount();
      const unverified = await anAccount({ isVerified: false });
      const database = api.app.get(Database);
      const work: { request: string | undefined; statement: string }[] = [];
      const note = (statement: string): void => void work.push({ request: LogContext.current.request_id, statement });
      const { rows, use, transaction } = database;
      vi.spyOn(database, 'rows').mockImplementation((sql, ...rest) => (note(sql), rows.call(database, sql, ...rest)));
      vi.spyOn(database, 'use').mockImplementation((run) => (note('use'), use.call(database, run)));
      vi.spyOn(database, 'transaction').mockImplementation(
        (run) => (note('transaction'), transaction.call(database, run)),
      );
      const worksOf: string[][] = [];
      for (const email of [known.email, unverified.email, 'nobody@example.org']) {
        const startedAt = performance.now();
        const response = await ask(email);
        expect(performance.now() - startedAt).toBeGreaterThan(ANSWER_MS);
        const request = response.headers.get('x-request-id');
        worksOf.push(work.filter((each) => each.request === request).map(({ statement }) => statement));
      }
      expect(worksOf[0]).toEqual([expect.stringContaining('INSERT INTO deliveries'), 'use']);
      expect(worksOf[1]).toEqual(worksOf[0]);
      expect(worksOf[2]).toEqual(worksOf[0]);
      // The only difference is one row. The notifier draws the token and writes the email.
      expect(connections).toBe(0);
      const { rows: hashes } = await api.database.query(
        'SELECT FROM users WHERE password_reset_hash IS NOT NULL AND id = $1',
        [known.id],
      );
      expect(hashes).toEqual([]);
    });

    it('names the fields that are wrong', async () => {
      expect(await codeOf(await ask('no address'))).toBe('validation_failed');
      expect(await codeOf(await confirm('x', 'short'))).toBe('validation_failed');
    });
  });

  describe('the link that stops emails', () => {
    it('needs one click, stops all emails about conversions, and leaves the others', async () => {
      const account = await anAccount();
      await api.database.query('UPDATE users SET notify_email = true');
      await api.upload(aForm(), account.headers);
      await api.database.query('UPDATE conversion_jobs SET notify_email = true');
      for (const type of ['conversion.done', 'account.password_reset']) {
        await api.database.query(
          `INSERT INTO deliveries (id, event_id, target, channel, user_id, event_type, occurred_at, facts)
           VALUES (gen_random_uuid(), gen_random_uuid(), 'email', 'email', $1, $2, now(), '{}')`,
          [account.id, type],
        );
      }
      const token = new SignedTokens(TEST_SECRET, UNSUBSCRIBE_LINKS).sign({ user: account.id });
      expect((await api.fetch(`/email/unsubscribe?token=${token}`)).status).toBe(200);
      const body = new URLSearchParams({ 'List-Unsubscribe': 'One-Click' });
      expect((await post(`/email/unsubscribe?token=${token}`, { body })).status).toBe(200);

      const { rows } = await api.database.query(
        `SELECT event_type, d.status, u.notify_email AS by_default, j.notify_email AS of_job
         FROM deliveries d JOIN users u ON u.id = user_id JOIN conversion_jobs j ON j.user_id = u.id ORDER BY 1`,
      );
      expect(rows).toEqual([
        { event_type: 'account.password_reset', status: 'PENDING', by_default: false, of_job: false },
        { event_type: 'conversion.done', status: 'FAILED', by_default: false, of_job: false },
      ]);
    });

    it('does not work for somebody else', async () => {
      const token = new SignedTokens('another key', UNSUBSCRIBE_LINKS).sign({ user: 1 });
      expect(await codeOf(await post(`/email/unsubscribe?token=${token}`))).toBe('link_invalid');
    });
  });

  it.each(['SMTP_URL', 'PUBLIC_URL'])('are not asked for where %s is not set', async (name) => {
    const without = await ApiUnderTest.start({ variables: { ...VARIABLES, [name]: '' } });
    const { headers } = await without.signIn('ada');
    const verification = await without.fetch('/auth/email-verification', { method: 'POST', headers });
    expect([verification.status, await codeOf(verification)]).toEqual([403, 'email_disabled']);
    const reset = await without.postJson('/auth/password-reset', { email: 'ada@example.org' });
    expect([reset.status, await codeOf(reset)]).toEqual([403, 'email_disabled']);
    await without.stop();
  });

  it('are limited for each address, whoever they are for', async () => {
    const limited = await ApiUnderTest.start({ variables: { ...VARIABLES, EMAILS_PER_ADDRESS: '2' } });
    const statuses: number[] = [];
    for (const name of ['a', 'b', 'c']) {
      statuses.push((await limited.postJson('/auth/password-reset', { email: `${name}@example.org` })).status);
    }
    expect(statuses).toEqual([202, 202, 429]);
    await limited.stop();
  });
});
