import { DatabaseFixture } from '@app/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RateLimitRepository, type RateLimit } from './rate-limit.repository.js';

const LIMIT: RateLimit = { limit: 7, windowSeconds: 900 };

describe('RateLimitRepository', () => {
  let fixture: DatabaseFixture;
  let sut: RateLimitRepository;

  beforeAll(async () => {
    fixture = await DatabaseFixture.create();
    sut = new RateLimitRepository(fixture.database);
  });
  beforeEach(() => fixture.database.rows('DELETE FROM rate_limits'));
  afterAll(() => fixture.remove());

  async function take(times: number, key = 'key'): Promise<boolean[]> {
    const allowed: boolean[] = [];
    for (let i = 0; i < times; i += 1) allowed.push((await sut.take(key, LIMIT)).isAllowed);
    return allowed;
  }

  async function passSeconds(seconds: number): Promise<void> {
    await fixture.database.rows('UPDATE rate_limits SET full_at = full_at - make_interval(secs => $1)', [seconds]);
  }

  it('allows the limit at once, and then one more as time passes', async () => {
    expect(await take(9)).toEqual([...Array<boolean>(7).fill(true), false, false]);
    await passSeconds(900 / 7 + 1);
    expect(await take(2)).toEqual([true, false]);
    await passSeconds(900);
    expect(await take(8)).toEqual([...Array<boolean>(7).fill(true), false]);
  });

  it('states what remains and how long to wait', async () => {
    const first = await sut.take('key', LIMIT);
    expect(first).toMatchObject({ isAllowed: true, remaining: 6, retryAfterSeconds: 0 });
    await take(6);
    const rejected = await sut.take('key', LIMIT);
    expect(rejected).toMatchObject({ isAllowed: false, remaining: 0 });
    // Generous, since time passes between the statements of a slow machine.
    expect(rejected.retryAfterSeconds).toBeGreaterThan(0);
    expect(rejected.retryAfterSeconds).toBeLessThanOrEqual(Math.ceil(900 / 7));
    expect(rejected.resetSeconds).toBeLessThanOrEqual(900);
    await passSeconds(rejected.retryAfterSeconds);
    expect(await take(1)).toEqual([true]);
  });

  it('is one limit for many processes at the same time', async () => {
    const other = new RateLimitRepository(fixture.connect());
    const states = await Promise.all(
      Array.from({ length: 30 }, (_, i) => (i % 2 === 0 ? sut : other).take('key', LIMIT)),
    );
    expect(states.filter(({ isAllowed }) => isAllowed)).toHaveLength(7);
    expect(states.filter(({ isAllowed, retryAfterSeconds }) => !isAllowed && retryAfterSeconds < 1)).toEqual([]);
  });

  it('counts each key on its own, in upper and lower case alike', async () => {
    await take(7, 'login Ada 192.0.2.1');
    expect(await take(1, 'LOGIN aDA 192.0.2.1')).toEqual([false]);
    expect(await take(1, 'login ada 192.0.2.2')).toEqual([true]);
    await sut.reset('login ADA 192.0.2.1');
    expect(await take(1, 'login ada 192.0.2.1')).toEqual([true]);
  });

  it('gets one back', async () => {
    await take(7);
    await sut.giveBack('key', LIMIT);
    expect(await take(2)).toEqual([true, false]);
  });

  it('keeps no key, and deletes what is full again', async () => {
    await take(1, 'secret-name');
    await take(2, 'busy');
    const rows = await fixture.database.rows<{ row: string }>('SELECT rate_limits::text AS row FROM rate_limits');
    expect(JSON.stringify(rows)).not.toContain('secret-name');
    await passSeconds(130);
    await sut.deleteFull();
    expect(await fixture.database.rows('SELECT FROM rate_limits')).toHaveLength(1);
  });
});
