import { SecretBox, WEBHOOK_SECRETS } from '@app/secrets';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiUnderTest, TEST_SECRET } from '../../test/api-under-test.js';

describe('POST /auth/callback-secret', () => {
  let api: ApiUnderTest;

  beforeAll(async () => {
    api = await ApiUnderTest.start();
  });
  afterAll(() => api.stop());

  const replace = (headers: Record<string, string>): Promise<Response> =>
    api.fetch('/auth/callback-secret', { method: 'POST', headers });

  it('returns a secret, stored encrypted, and replaces the one before', async () => {
    const { id, headers } = await api.signIn('caller');
    const { id: otherId } = await api.signIn('other');
    const shown: string[] = [];
    for (let time = 0; time < 2; time += 1) {
      const { secret } = (await (await replace(headers)).json()) as { secret: string };
      const { rows } = await api.database.query<{ callback_secret: Buffer }>(
        'SELECT callback_secret FROM users WHERE id = $1',
        [id],
      );
      expect(new SecretBox(TEST_SECRET, WEBHOOK_SECRETS).open(rows[0]?.callback_secret ?? Buffer.alloc(0))).toBe(
        secret,
      );
      shown.push(secret);
    }
    expect(new Set(shown).size).toBe(2);
    const { rows } = await api.database.query('SELECT callback_secret FROM users WHERE id = $1', [otherId]);
    expect(rows).toEqual([{ callback_secret: null }]);
  });

  it('needs an account', async () => {
    expect((await replace({})).status).toBe(401);
  });
});
