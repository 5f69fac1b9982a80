import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiUnderTest } from '../../test/api-under-test.js';

describe('PATCH /auth/me', () => {
  let api: ApiUnderTest;

  beforeAll(async () => {
    api = await ApiUnderTest.start({ variables: { SMTP_URL: 'smtp://127.0.0.1:1', MAIL_FROM: 'mp3@example.org' } });
  });
  afterAll(() => api.stop());

  const change = (body: unknown, headers: Record<string, string>): Promise<Response> =>
    api.fetch('/auth/me', {
      method: 'PATCH',
      headers: { ...headers, 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
  const me = async (headers: Record<string, string>): Promise<unknown> =>
    (await api.fetch('/auth/me', { headers })).json();

  it('changes the email default of the account of the token, at once, and of no other', async () => {
    const { headers } = await api.signIn('ada');
    const { headers: others } = await api.signIn('grace');
    expect(await me(headers)).toMatchObject({ notify_email: false });
    const changed = await change({ notify_email: true }, headers);
    expect(changed.status).toBe(200);
    expect(await changed.json()).toMatchObject({ username: 'ada', notify_email: true });
    expect(await me(headers)).toMatchObject({ notify_email: true });
    expect(await me(others)).toMatchObject({ notify_email: false });
  });

  it('says whether the address is verified', async () => {
    const { id, headers } = await api.signIn('verified');
    await api.database.query(`UPDATE users SET email = 'v@example.org', email_verified_at = now() WHERE id = $1`, [id]);
    expect(await (await change({}, headers)).json()).toMatchObject({ email: 'v@example.org', email_verified: true });
  });

  it('leaves what is not given', async () => {
    const { headers } = await api.signIn('constant');
    await change({ notify_email: true }, headers);
    expect(await (await change({}, headers)).json()).toMatchObject({ notify_email: true });
  });

  it.each([{ notify_email: 'yes' }, { notify_email: 1 }, { id: 1 }, { username: 'other' }])(
    'rejects %j',
    async (body) => {
      const { headers } = await api.signIn(`rejected-${JSON.stringify(body).replaceAll(/\W/g, '')}`);
      const response = await change(body, headers);
      expect([response.status, await response.json()]).toEqual([
        400,
        expect.objectContaining({ code: 'validation_failed' }),
      ]);
    },
  );

  it('turns emails off where the service sends none, but not on', async () => {
    const without = await ApiUnderTest.start();
    const { headers } = await without.signIn('ada');
    const set = (notify_email: boolean): Promise<Response> =>
      without.fetch('/auth/me', {
        method: 'PATCH',
        headers: { ...headers, 'Content-Type': 'application/json' },
        body: JSON.stringify({ notify_email }),
      });
    const refused = await set(true);
    expect([refused.status, await refused.json()]).toEqual([403, expect.objectContaining({ code: 'email_disabled' })]);
    expect((await set(false)).status).toBe(200);
    await without.stop();
  });

  it('needs an account', async () => {
    expect((await change({ notify_email: true }, {})).status).toBe(401);
  });
});
