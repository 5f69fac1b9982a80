import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { ServiceUnderTest } from '../test/support/service-under-test.js';
import { median, report } from './support/figures.js';

const ROUNDS = 5;
const WRONG_LOGINS = 60;
const PASSWORD = 'correct horse battery';
/** The limits of production; each client has its own address behind a proxy. */
const PRODUCTION = { TRUST_PROXY: '1', LOGINS_PER_ADDRESS: '100', LOGIN_FAILURES_PER_ACCOUNT: '10' };

it(`the right login during ${WRONG_LOGINS} wrong ones at once`, async () => {
  const service = await ServiceUnderTest.start({ workers: 0, env: { LOG_LEVEL: 'info', ...PRODUCTION } });
  const post = (path: string, password: string, from: string): Promise<Response> =>
    fetch(`${service.baseUrl}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-forwarded-for': from },
      body: JSON.stringify({ username: 'owner', password }),
    });
  await post('/auth/register', PASSWORD, '203.0.113.1');
  const quiet = await timed(() => post('/auth/login', PASSWORD, '203.0.113.1'));

  const right: number[] = [];
  const live: number[] = [];
  const statuses = new Map<number, number>();
  for (let round = 1; round <= ROUNDS; round += 1) {
    const flood = Array.from({ length: WRONG_LOGINS }, () => post('/auth/login', 'wrong', `198.51.100.${round}`));
    await delay(50);
    const [login, health] = await Promise.all([
      timed(() => post('/auth/login', PASSWORD, '203.0.113.1')),
      timed(() => fetch(`${service.baseUrl}/health/live`)),
    ]);
    expect(login.status).toBe(200);
    right.push(login.ms);
    live.push(health.ms);
    for (const { status } of await Promise.all(flood)) statuses.set(status, (statuses.get(status) ?? 0) + 1);
  }
  report(`The right login during ${WRONG_LOGINS} wrong ones from another address, ${ROUNDS} rounds`, {
    'without a flood, ms': quiet.ms,
    'right login, median, ms': median(right),
    'right login, slowest, ms': Math.max(...right),
    '/health/live, slowest, ms': Math.max(...live),
    'answers of the flood': [...statuses].map(([status, count]) => `${count} × ${status}`).join(', '),
  });
  await service.stop();
});

async function timed(work: () => Promise<Response>): Promise<{ ms: number; status: number }> {
  const startedAt = performance.now();
  const response = await work();
  await response.arrayBuffer();
  return { ms: performance.now() - startedAt, status: response.status };
}
