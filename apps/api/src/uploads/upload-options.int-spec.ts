import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { aForm, ApiUnderTest, aVideo } from '../../test/api-under-test.js';

/** As long as it can be. */
const CALLBACK_URL = 'https://example.org/done?id=ä'.padEnd(2048, 'ä');

describe('the fields of an upload', () => {
  let api: ApiUnderTest;

  beforeAll(async () => {
    api = await ApiUnderTest.start({ variables: { SMTP_URL: 'smtp://127.0.0.1:1', MAIL_FROM: 'mp3@example.org' } });
  });
  afterAll(() => api.stop());

  function aFormWith(
    fields: readonly (readonly [string, string])[],
    late: readonly (readonly [string, string])[] = [],
  ): FormData {
    const form = new FormData();
    for (const [name, value] of fields) form.append(name, value);
    form.append('file', new Blob([new Uint8Array(aVideo())]), 'clip.mp4');
    for (const [name, value] of late) form.append(name, value);
    return form;
  }

  async function notificationOf(response: Response): Promise<unknown> {
    expect(response.status).toBe(202);
    const { id } = (await response.json()) as { id: string };
    const { rows } = await api.database.query('SELECT notify_email, callback_url FROM conversion_jobs WHERE id = $1', [
      id,
    ]);
    return rows[0];
  }

  const makeSecret = (headers: Record<string, string>): Promise<Response> =>
    api.fetch('/auth/callback-secret', { method: 'POST', headers });

  const setDefault = (headers: Record<string, string>, notify_email: boolean): Promise<Response> =>
    api.fetch('/auth/me', {
      method: 'PATCH',
      headers: { ...headers, 'Content-Type': 'application/json' },
      body: JSON.stringify({ notify_email }),
    });

  it.each([
    { inProfile: false, sent: null, expected: false },
    { inProfile: false, sent: 'email', expected: true },
    { inProfile: true, sent: null, expected: true },
    { inProfile: true, sent: 'none', expected: false },
  ])('notify: $sent, with $inProfile in the profile, means $expected', async ({ inProfile, sent, expected }) => {
    const { headers } = await api.signIn(`notify-${inProfile}-${sent}`);
    await setDefault(headers, inProfile);
    const form = sent === null ? aForm() : aFormWith([['notify', sent]]);
    expect(await notificationOf(await api.upload(form, headers))).toEqual({
      notify_email: expected,
      callback_url: null,
    });
  });

  it('count as absent if they are empty', async () => {
    const { headers } = await api.signIn('empty');
    await setDefault(headers, true);
    const form = aFormWith([
      ['notify', ''],
      ['callback_url', ''],
    ]);
    expect(await notificationOf(await api.upload(form, headers))).toEqual({ notify_email: true, callback_url: null });
  });

  it('go by the profile of now, also if another process has changed it a moment ago', async () => {
    const { id, headers } = await api.signIn('profile-of-now');
    expect(await (await api.fetch('/auth/me', { headers })).json()).toMatchObject({ notify_email: false });
    await api.database.query(
      `UPDATE users SET notify_email = true, callback_secret = 'made by another process' WHERE id = $1`,
      [id],
    );
    expect(await notificationOf(await api.upload(aFormWith([['callback_url', CALLBACK_URL]]), headers))).toEqual({
      notify_email: true,
      callback_url: CALLBACK_URL,
    });
  });

  it('carry a callback once the account has a secret', async () => {
    const { headers } = await api.signIn('caller');
    const write = vi.spyOn(api.storage, 'write');
    const rejected = await api.upload(aFormWith([['callback_url', CALLBACK_URL]]), headers);
    expect([rejected.status, await rejected.json()]).toEqual([
      400,
      expect.objectContaining({ code: 'callback_secret_missing' }),
    ]);
    expect(write).not.toHaveBeenCalled();
    write.mockRestore();

    await makeSecret(headers);
    expect(await notificationOf(await api.upload(aFormWith([['callback_url', CALLBACK_URL]]), headers))).toEqual({
      notify_email: false,
      callback_url: CALLBACK_URL,
    });
  });

  it.each([
    ['notify', [['notify', 'sms']]],
    [
      'notify',
      [
        ['notify', 'email'],
        ['notify', 'none'],
      ],
    ],
    ['callback_url', [['callback_url', 'ftp://example.org/']]],
    ['callback_url', [['callback_url', 'https://user:secret@example.org/']]],
    ['callback_url[]', [['callback_url[]', CALLBACK_URL]]],
  ] as const)('are rejected before the file is stored if %s is invalid: %j', async (field, fields) => {
    const { headers } = await api.signIn(
      `invalid-${JSON.stringify(fields)
        .replaceAll(/[^a-z]/g, '')
        .slice(0, 40)}`,
    );
    await makeSecret(headers);
    const write = vi.spyOn(api.storage, 'write');
    const response = await api.upload(aFormWith(fields), headers);
    expect([response.status, await response.json()]).toEqual([
      400,
      expect.objectContaining({ code: 'validation_failed', errors: [expect.objectContaining({ field })] }),
    ]);
    expect(write).not.toHaveBeenCalled();
    write.mockRestore();
  });

  it.each([
    ['alone', []],
    ['beside the same field before it', [['notify', 'email']]],
  ] as const)('are rejected after the file, %s', async (_name, fields) => {
    const { headers } = await api.signIn(`late-${fields.length}`);
    const response = await api.upload(aFormWith(fields, [['notify', 'none']]), headers);
    expect([response.status, await response.json()]).toEqual([
      400,
      expect.objectContaining({ errors: [{ field: 'notify', message: 'notify must come before the file' }] }),
    ]);
    await api.nothingButJobs();
  });

  it('cannot ask for an email where the service sends none, and nothing is stored', async () => {
    const without = await ApiUnderTest.start();
    const { id, headers } = await without.signIn('ada');
    const write = vi.spyOn(without.storage, 'write');
    const response = await without.upload(aFormWith([['notify', 'email']]), headers);
    expect([response.status, await response.json()]).toEqual([
      403,
      expect.objectContaining({ code: 'email_disabled', detail: expect.stringContaining('sends no email') as string }),
    ]);
    expect(write).not.toHaveBeenCalled();
    // The default of a profile, from when the service sent emails, stops no upload.
    await without.database.query('UPDATE users SET notify_email = true WHERE id = $1', [id]);
    expect((await without.upload(aForm(), headers)).status).toBe(202);
    await without.stop();
  });
});
