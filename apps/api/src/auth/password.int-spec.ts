import { createHash, randomUUID } from 'node:crypto';
import { waitFor } from '@app/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { aForm, ApiUnderTest } from '../../test/api-under-test.js';
import { AccessTokens } from './access-tokens.js';
import { PasswordHasher } from './password-hasher.js';

const PASSWORD = 'correct horse';
const NEW_PASSWORD = 'battery staple';

interface Account {
  readonly id: number;
  readonly username: string;
  readonly headers: { Authorization: string };
}

describe('POST /auth/password', () => {
  let api: ApiUnderTest;

  beforeAll(async () => {
    api = await ApiUnderTest.start({ variables: { LOGIN_FAILURES_PER_ACCOUNT: '3' } });
  });
  afterEach(() => vi.restoreAllMocks());
  afterAll(() => api.stop());

  async function anAccount(): Promise<Account> {
    const username = `user-${randomUUID().slice(0, 8)}`;
    return { username, ...(await api.signIn(username)) };
  }

  const change = (
    { headers }: Account,
    { current = PASSWORD, next = NEW_PASSWORD }: { current?: unknown; next?: unknown } = {},
  ): Promise<Response> => api.postJson('/auth/password', { current_password: current, new_password: next }, headers);

  const codeOf = async (response: Response): Promise<[number, string]> => [
    response.status,
    ((await response.json()) as { code: string }).code,
  ];

  const logIn = async ({ username }: Account, password: string): Promise<number> =>
    (await api.postJson('/auth/login', { username, password })).status;

  async function newHeaders(response: Response): Promise<{ Authorization: string }> {
    expect(response.status).toBe(200);
    const { access_token: token } = (await response.json()) as { access_token: string };
    return { Authorization: `Bearer ${token}` };
  }

  /** Returns the path of the status of a new job. */
  async function aStatus({ headers }: Account): Promise<string> {
    const { id } = (await (await api.upload(aForm(), headers)).json()) as { id: string };
    return `/media/${id}/status`;
  }

  it('sets the password, and ends every token from before at once', async () => {
    const account = await anAccount();
    const status = await aStatus(account);
    const answers = async (headers: Record<string, string>): Promise<number[]> => [
      (await api.fetch(status, { headers })).status,
      (await api.fetch('/auth/me', { headers })).status,
    ];
    expect(await answers(account.headers)).toEqual([200, 200]);
    const headers = await newHeaders(await change(account));
    expect(await answers(account.headers)).toEqual([401, 401]);
    expect(await answers(headers)).toEqual([200, 200]);
    expect([await logIn(account, PASSWORD), await logIn(account, NEW_PASSWORD)]).toEqual([401, 200]);
  });

  describe.each(['status', '/auth/me'])('on another process, is followed by %s:', (path) => {
    /** Changes the password as another process would. */
    const changeElsewhere = ({ id }: Account): Promise<unknown> =>
      api.database.query('UPDATE users SET token_version = token_version + 1 WHERE id = $1', [id]);

    const aUrl = (account: Account): Promise<string> | string => (path === 'status' ? aStatus(account) : path);

    it('the old token ends, however often it is used', async () => {
      const account = await anAccount();
      const url = await aUrl(account);
      const answer = async (): Promise<number> => (await api.fetch(url, { headers: account.headers })).status;
      expect([await answer(), await answer()]).toEqual([200, 200]);
      await changeElsewhere(account);
      await waitFor(async () => (await answer()) === 401, { what: 'the end of the token' });
    });

    it('the new token is valid at once', async () => {
      const account = await anAccount();
      const url = await aUrl(account);
      expect((await api.fetch(url, { headers: account.headers })).status).toBe(200);
      await changeElsewhere(account);
      const token = await api.app.get(AccessTokens).issue({ id: account.id, tokenVersion: 1 });
      const headers = { Authorization: `Bearer ${token.token}` };
      expect((await api.fetch(url, { headers })).status).toBe(200);
    });
  });

  it('needs the current password', async () => {
    const account = await anAccount();
    expect(await codeOf(await change(account, { current: 'wrong password' }))).toEqual([403, 'password_incorrect']);
    expect((await api.fetch('/auth/me', { headers: account.headers })).status).toBe(200);
    expect([await logIn(account, PASSWORD), await logIn(account, NEW_PASSWORD)]).toEqual([200, 401]);
  });

  it('counts wrong passwords as failed sign-ins', async () => {
    const account = await anAccount();
    for (let time = 0; time < 3; time += 1) {
      expect((await change(account, { current: 'wrong password' })).status).toBe(403);
    }
    expect(await codeOf(await change(account))).toEqual([429, 'too_many_requests']);
    expect(await logIn(account, PASSWORD)).toBe(429);
  });

  it('does not replace a password that was changed meanwhile', async () => {
    const account = await anAccount();
    const { hash } = PasswordHasher.prototype;
    vi.spyOn(PasswordHasher.prototype, 'hash').mockImplementationOnce(async function (this: PasswordHasher, ...args) {
      const changed = await hash.call(this, 'a third password', 'test');
      await api.database.query('UPDATE users SET password_hash = $2 WHERE id = $1', [account.id, changed]);
      return hash.apply(this, args);
    });
    expect(await codeOf(await change(account))).toEqual([401, 'unauthorized']);
    expect([await logIn(account, NEW_PASSWORD), await logIn(account, 'a third password')]).toEqual([401, 200]);
  });

  it('is not the only end: the link of a password reset ends the tokens, too', async () => {
    const account = await anAccount();
    const token = `${account.id}.${'a'.repeat(43)}`;
    await api.database.query(
      `UPDATE users SET password_reset_hash = $2, password_reset_until = now() + interval '1 hour' WHERE id = $1`,
      [account.id, createHash('sha256').update(token).digest()],
    );
    const me = async (): Promise<number> => (await api.fetch('/auth/me', { headers: account.headers })).status;
    expect(await me()).toBe(200);
    const body = new URLSearchParams({ password: NEW_PASSWORD });
    const path = `/auth/password-reset/confirm?token=${token}`;
    expect((await api.fetch(path, { method: 'POST', body })).status).toBe(200);
    expect(await me()).toBe(401);
  });

  it('ends the link of a password reset', async () => {
    const account = await anAccount();
    await api.database.query(
      `UPDATE users SET password_reset_hash = '\\x00', password_reset_until = now() + interval '1 hour' WHERE id = $1`,
      [account.id],
    );
    await change(account);
    const reset = 'SELECT FROM users WHERE id = $1 AND password_reset_hash IS NULL AND password_reset_until IS NULL';
    expect((await api.database.query(reset, [account.id])).rowCount).toBe(1);
  });

  it.each([
    [{ next: 'short' }, 'new_password'],
    [{ next: 'x'.repeat(73) }, 'new_password'],
    [{ current: 1 }, 'current_password'],
  ])('names the field that is wrong: %j', async (fields, field) => {
    const response = await change(await anAccount(), fields);
    expect(response.status).toBe(400);
    const { errors } = (await response.json()) as { errors: { field: string }[] };
    expect(errors.map((error) => error.field)).toEqual([field]);
  });

  it('needs an account', async () => {
    expect((await api.postJson('/auth/password', {})).status).toBe(401);
  });
});
