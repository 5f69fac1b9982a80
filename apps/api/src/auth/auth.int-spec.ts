import { JwtService, type JwtSignOptions } from '@nestjs/jwt';
import bcrypt from 'bcrypt';
import { Tinypool } from 'tinypool';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { ApiUnderTest, TEST_SECRET } from '../../test/api-under-test.js';

const PASSWORD = 'correct horse';

describe('accounts', () => {
  let api: ApiUnderTest;

  beforeAll(async () => {
    api = await ApiUnderTest.start();
  });
  afterAll(() => api.stop());
  afterEach(() => vi.restoreAllMocks());

  function register(body: unknown): Promise<Response> {
    return api.postJson('/auth/register', body);
  }

  function login(username: unknown, password: unknown): Promise<Response> {
    return api.postJson('/auth/login', { username, password });
  }

  async function rejectedFields(response: Response): Promise<string[]> {
    expect(response.status).toBe(400);
    const { code, errors } = (await response.json()) as { code: string; errors: { field: string; message: string }[] };
    expect(code).toBe('validation_failed');
    return errors.map(({ field }) => field);
  }

  it('are registered, signed in to and shown', async () => {
    const registered = await register({ username: 'ada', password: PASSWORD, email: 'ada@example.org' });
    expect(registered.status).toBe(201);
    const user = (await registered.json()) as { id: number };
    expect(user).toEqual({
      id: expect.any(Number),
      username: 'ada',
      email: 'ada@example.org',
      email_verified: false,
      notify_email: false,
      created_at: expect.stringMatching(/Z$/),
    });

    const signedIn = await login('ADA', PASSWORD);
    expect(signedIn.status).toBe(200);
    expect(signedIn.headers.get('cache-control')).toBe('no-store');
    const token = (await signedIn.json()) as { access_token: string };
    expect(token).toEqual({ access_token: expect.any(String), token_type: 'bearer', expires_in: 86_400 });

    const me = await api.fetch('/auth/me', { headers: { Authorization: `bearer ${token.access_token}` } });
    expect(me.status).toBe(200);
    expect(await me.json()).toEqual(user);
  });

  it('are signed in to with the form of the OAuth2 password grant', async () => {
    await register({ username: 'form-user', password: PASSWORD });
    const response = await api.fetch('/auth/login', {
      method: 'POST',
      headers: { Authorization: 'Basic Og==', 'X-Requested-With': 'XMLHttpRequest' },
      body: new URLSearchParams({
        grant_type: 'password',
        username: 'form-user',
        password: PASSWORD,
        scope: '',
        client_id: 'docs',
        client_secret: '',
      }),
    });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ token_type: 'bearer' });
  });

  it('have names and addresses that are unique in any case', async () => {
    await register({ username: 'Grace', password: PASSWORD, email: 'grace@example.org' });
    const sameName = await register({ username: 'gRACE', password: PASSWORD });
    expect([sameName.status, ((await sameName.json()) as { code: string }).code]).toEqual([409, 'username_taken']);
    const sameAddress = await register({ username: 'grace2', password: PASSWORD, email: 'GRACE@example.org' });
    expect([sameAddress.status, ((await sameAddress.json()) as { code: string }).code]).toEqual([409, 'email_taken']);
  });

  it.each([
    [{ password: PASSWORD }, ['username']],
    [{ username: 'ab', password: PASSWORD }, ['username']],
    [{ username: 'a'.repeat(51), password: PASSWORD }, ['username']],
    [{ username: 'has space', password: PASSWORD }, ['username']],
    [{ username: 'nul\0name', password: PASSWORD }, ['username']],
    [{ username: ['ada'], password: PASSWORD }, ['username']],
    [{ username: 'valid', password: 'short' }, ['password']],
    [{ username: 'valid', password: 'x'.repeat(73) }, ['password']],
    [{ username: 'valid', password: `${'é'.repeat(36)}X` }, ['password']],
    [{ username: 'valid', password: 12_345_678 }, ['password']],
    [{ username: 'valid', password: 'correct horse\ud800' }, ['password']],
    [{ username: 'valid', password: 'correct horse\ufffd' }, ['password']],
    [{ username: 'val\ud800id', password: PASSWORD }, ['username']],
    [{ username: '\uff41da', password: PASSWORD }, ['username']],
    [{ username: '\u0430da', password: PASSWORD }, ['username']],
    [{ username: '\u0315\u0300'.repeat(500), password: PASSWORD }, ['username']],
    [{ username: 'valid', password: PASSWORD, email: 'no address' }, ['email']],
    [{ username: 'valid', password: PASSWORD, isAdmin: true }, ['isAdmin']],
    [{}, ['username', 'password']],
    [null, null],
    [[{ username: 'valid', password: PASSWORD }], null],
  ])('are not made from %j', async (body, fields) => {
    const response = await register(body);
    if (fields === null) expect(response.status).toBe(400);
    else expect(await rejectedFields(response)).toEqual(fields);
  });

  it('are not made from __proto__ or a body nested deeply', async () => {
    const bodies = [
      `{"username":"valid","password":"${PASSWORD}","__proto__":{"isAdmin":true}}`,
      `{"username":${'['.repeat(2000)}${']'.repeat(2000)},"password":"${PASSWORD}"}`,
    ];
    for (const body of bodies) {
      const headers = { 'Content-Type': 'application/json' };
      expect((await api.fetch('/auth/register', { method: 'POST', headers, body })).status).toBe(400);
    }
  });

  it('are not signed in to with a name that is too long, or a password of half characters', async () => {
    expect(await rejectedFields(await login('\u0315\u0300'.repeat(500), PASSWORD))).toEqual(['username']);
    expect(await rejectedFields(await login('ada', 'correct horse\ud800'))).toEqual(['password']);
  });

  it('take passwords of 72 bytes, every byte of which counts', async () => {
    const password = 'é'.repeat(36);
    expect((await register({ username: 'long-password', password })).status).toBe(201);
    expect((await login('long-password', password)).status).toBe(200);
    expect((await login('long-password', `${password}x`)).status).toBe(401);
    expect((await login('long-password', `${'é'.repeat(35)}e`)).status).toBe(401);
  });

  it('reject an unknown name and a wrong password with the same answer after the same work', async () => {
    await register({ username: 'known', password: PASSWORD });
    const run = vi.spyOn(Tinypool.prototype, 'run');
    const answers = [];
    for (const [username, password] of [
      ['known', 'wrong password'],
      ['unknown', 'wrong password'],
      ['known', 'x'.repeat(100)],
    ]) {
      run.mockClear();
      const response = await login(username, password);
      const { request_id: _requestId, ...problem } = (await response.json()) as Record<string, unknown>;
      const cost = bcrypt.getRounds(String((run.mock.lastCall?.[0] as { hash?: string } | undefined)?.hash));
      answers.push({ status: response.status, problem, comparisons: run.mock.calls.length, cost });
      expect(response.headers.get('www-authenticate')).toContain('Bearer');
    }
    expect(answers[0]).toMatchObject({ status: 401, problem: { code: 'invalid_credentials' }, comparisons: 1 });
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[2]).toEqual(answers[0]);
  });

  describe('are not shown to', () => {
    let userId: number;
    let jwt: JwtService;
    const good: JwtSignOptions = {
      issuer: 'video-to-mp3',
      audience: 'video-to-mp3-api',
      expiresIn: 60,
      algorithm: 'HS256',
    };

    beforeAll(async () => {
      userId = (await api.signIn('token-owner')).id;
      jwt = new JwtService({ secret: TEST_SECRET });
    });

    function me(authorization?: string): Promise<Response> {
      return api.fetch('/auth/me', authorization === undefined ? {} : { headers: { Authorization: authorization } });
    }

    it('nobody but the owner of a token: the token made here is good', async () => {
      expect((await me(`Bearer ${jwt.sign({}, { ...good, subject: String(userId) })}`)).status).toBe(200);
    });

    it.each([
      ['no header', undefined],
      ['an empty header', ''],
      ['a scheme only', 'Bearer'],
      ['another scheme', 'Basic YWRhOnB3'],
      ['nonsense', 'Bearer a.b.c'],
      ['one part', 'Bearer abc'],
      ['a long token', `Bearer ${'a'.repeat(10_000)}`],
    ])('a request with %s', async (_name, header) => {
      const response = await me(header);
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toContain('Bearer');
      expect(await response.json()).toMatchObject({ code: 'unauthorized', status: 401 });
    });

    it.each<[string, JwtSignOptions, object?]>([
      ['another algorithm', { ...good, algorithm: 'HS512' }],
      ['another issuer', { ...good, issuer: 'somebody' }],
      ['another audience', { ...good, audience: 'somebody' }],
      ['an end in the past', { ...good, expiresIn: -1 }],
      ['a beginning in the future', { ...good, notBefore: 60 }],
      ['another key', { ...good, secret: 'another key' }],
      ['a subject that is no user', { ...good, subject: '2147483647' }],
      ['a subject out of range', { ...good, subject: '99999999999999999999' }],
      ['a subject that is no number', { ...good, subject: "1' OR 1=1" }],
    ])('a token with %s', async (_name, options) => {
      const token = jwt.sign({}, { subject: String(userId), ...options });
      expect((await me(`Bearer ${token}`)).status).toBe(401);
    });

    it('a token without an end, or without a subject', async () => {
      const { expiresIn: _expiresIn, ...endless } = good;
      expect((await me(`Bearer ${jwt.sign({}, { ...endless, subject: String(userId) })}`)).status).toBe(401);
      expect((await me(`Bearer ${jwt.sign({}, good)}`)).status).toBe(401);
    });

    it('a token without a signature', async () => {
      const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
      const claims = {
        sub: String(userId),
        iss: good.issuer,
        aud: good.audience,
        exp: Math.floor(Date.now() / 1000) + 60,
      };
      expect((await me(`Bearer ${part({ alg: 'none', typ: 'JWT' })}.${part(claims)}.`)).status).toBe(401);
    });

    it('a user who was deleted', async () => {
      const { id, headers } = await api.signIn('leaving');
      await api.database.query('DELETE FROM users WHERE id = $1', [id]);
      expect((await me(headers.Authorization)).status).toBe(401);
    });
  });
});

describe('accounts of a closed service', () => {
  it('are not made', async () => {
    const api = await ApiUnderTest.start({ variables: { REGISTRATION: 'closed' } });
    try {
      const response = await api.postJson('/auth/register', { username: 'ada', password: PASSWORD });
      expect(response.status).toBe(403);
      expect(await response.json()).toMatchObject({ code: 'registration_closed' });
    } finally {
      await api.stop();
    }
  });
});
