import { waitFor } from '@app/testing';
import { Tinypool } from 'tinypool';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiUnderTest, type ApiOptions } from '../../test/api-under-test.js';
import { headLines, RawClient } from '../../test/raw-client.js';

const PASSWORD = 'correct horse';
const LIMITS = {
  TRUST_PROXY: '1',
  LOGIN_FAILURES_PER_ACCOUNT: '3',
  LOGINS_PER_ADDRESS: '6',
  REGISTRATIONS_PER_ADDRESS: '4',
};

describe('rate limits', () => {
  const others: ApiUnderTest[] = [];
  let api: ApiUnderTest;

  /** Another api process on the same database. */
  async function startOther({ variables, ...options }: ApiOptions = {}): Promise<ApiUnderTest> {
    const shared = { ...LIMITS, DATABASE_URL: api.databaseUrl };
    const other = await ApiUnderTest.start({ ...options, variables: { ...shared, ...variables } });
    others.push(other);
    return other;
  }
  beforeAll(async () => {
    api = await ApiUnderTest.start({ variables: LIMITS });
  });
  afterAll(() => api.stop());
  beforeEach(async () => {
    await api.database.query('TRUNCATE rate_limits; DELETE FROM users');
    await register('ada', '203.0.113.1');
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    for (const other of others.splice(0)) await other.stop();
  });

  function post(path: string, body: object, from: string, to = api): Promise<Response> {
    return to.postJson(path, body, { 'X-Forwarded-For': from });
  }
  const register = (username: string, from: string): Promise<Response> =>
    post('/auth/register', { username, password: PASSWORD }, from);
  const login = (username: string, password: string, from: string, to = api): Promise<Response> =>
    post('/auth/login', { username, password }, from, to);

  async function statuses(times: number, attempt: () => Promise<Response>): Promise<number[]> {
    const seen: number[] = [];
    for (let i = 0; i < times; i += 1) seen.push((await attempt()).status);
    return seen;
  }

  it('stop guesses at one account, and say when to go on', async () => {
    expect(await statuses(3, () => login('ada', 'wrong', '198.51.100.1'))).toEqual([401, 401, 401]);
    const rejected = await login('ADA', PASSWORD, '198.51.100.1');
    expect(rejected.status).toBe(429);
    expect(await rejected.json()).toMatchObject({ code: 'too_many_requests', status: 429 });
    const seconds = Number(rejected.headers.get('retry-after'));
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(300);
    expect(rejected.headers.get('ratelimit-policy')).toBe('"login";q=6;w=900, "login-account";q=3;w=900');
    expect(rejected.headers.get('ratelimit')).toMatch(/^"login";r=2;t=\d+, "login-account";r=0;t=\d+$/);
  });

  it('let the owner in from elsewhere, however many strangers guess', async () => {
    for (let stranger = 1; stranger <= 10; stranger += 1) {
      await statuses(4, () => login('ada', 'wrong', `198.51.100.${stranger}`));
    }
    expect((await login('ada', PASSWORD, '203.0.113.1')).status).toBe(200);
  });

  it('forget failures after a success', async () => {
    for (let round = 0; round < 2; round += 1) {
      expect(await statuses(2, () => login('ada', 'wrong', '198.51.100.1'))).toEqual([401, 401]);
      expect((await login('ada', PASSWORD, '198.51.100.1')).status).toBe(200);
    }
  });

  it('treat unknown names like known ones', async () => {
    expect(await statuses(4, () => login('nobody', 'wrong', '198.51.100.1'))).toEqual([401, 401, 401, 429]);
  });

  it('count an IPv6 network of 64 bits as one address', async () => {
    const guess = (host: number): Promise<Response> => login(`user-${host}`, 'wrong', `2001:db8:0:1::${host}`);
    for (let host = 1; host <= 6; host += 1) expect((await guess(host)).status).toBe(401);
    expect((await guess(7)).status).toBe(429);
    expect((await login('ada', PASSWORD, '2001:db8:0:2::1')).status).toBe(200);
  });

  it('stop mass sign-ups from one address', async () => {
    const names = ['one', 'two', 'three', 'four', 'five'];
    const seen = [];
    for (const name of names) seen.push((await register(name, '198.51.100.1')).status);
    expect(seen).toEqual([201, 201, 201, 201, 429]);
    expect((await register('five', '198.51.100.2')).status).toBe(201);
  });

  it('are shared by all apis of one database', async () => {
    const other = await startOther();
    await statuses(2, () => login('ada', 'wrong', '198.51.100.1'));
    expect((await login('ada', 'wrong', '198.51.100.1', other)).status).toBe(401);
    expect((await login('ada', PASSWORD, '198.51.100.1', other)).status).toBe(429);
  });

  it('believe no header without a trusted proxy', async () => {
    const direct = await startOther({ variables: { TRUST_PROXY: '0' } });
    for (let i = 1; i <= 6; i += 1) await login(`user-${i}`, 'wrong', `198.51.100.${i}`, direct);
    expect((await login('user-7', 'wrong', '198.51.100.7', direct)).status).toBe(429);
  });

  it('reject before the body is sent', async () => {
    await statuses(6, () => login(`user-${Math.random()}`, 'wrong', '198.51.100.1'));
    const client = await RawClient.connect(api.port);
    client.send(
      headLines(
        'POST /auth/login HTTP/1.1',
        'Host: api',
        'X-Forwarded-For: 198.51.100.1',
        'Content-Type: application/json',
        'Content-Length: 1000',
        'Expect: 100-continue',
      ),
    );
    expect(await client.closed).toMatch(/^HTTP\/1.1 429 /);
  });

  it('keep a flood of guesses from delaying the right login', async () => {
    const hashing = { cost: 10, threads: 2, maxWaiting: 32, maxPerClient: 4 };
    const flooded = await startOther({ variables: { LOGINS_PER_ADDRESS: '100' }, hashing });
    const hashes = watchHashing();
    const flood = Array.from({ length: 60 }, (_, i) => login(`user-${i}`, 'wrong', '198.51.100.1', flooded));
    await waitFor(() => hashes.open >= 4, { what: 'the flood to fill its part of the queue' });
    expect((await login('ada', PASSWORD, '203.0.113.1', flooded)).status).toBe(200);
    const seen = (await Promise.all(flood)).map(({ status }) => status);
    expect(new Set(seen)).toEqual(new Set([401, 503]));
    // Four guesses of a quarter of a second in two threads: the right login waits for half a second.
    expect(hashes.openBefore(PASSWORD)).toBeLessThanOrEqual(4);
  });
});

/** Counts the hashes that run or wait at each time. */
function watchHashing(): { open: number; openBefore(password: string): number } {
  const before = new Map<string, number>();
  const watch = { open: 0, openBefore: (password: string) => before.get(password) ?? NaN };
  const { run } = Tinypool.prototype;
  vi.spyOn(Tinypool.prototype, 'run').mockImplementation(async function (this: Tinypool, task, options) {
    before.set((task as { password: string }).password, watch.open);
    watch.open += 1;
    try {
      return (await run.call(this, task, options)) as unknown;
    } finally {
      watch.open -= 1;
    }
  });
  return watch;
}
