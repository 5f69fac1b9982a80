import { Agent, get } from 'node:http';
import { makeClip } from '@app/testing';
import { expect, it } from 'vitest';
import { ServiceUnderTest } from '../test/support/service-under-test.js';
import { median, report } from './support/figures.js';

const CONNECTIONS = 32;
const ROUNDS = 5;
const ROUND_MS = 3000;

it(`status requests over ${CONNECTIONS} connections, beside an empty route of the same server`, async () => {
  const service = await ServiceUnderTest.start({ workers: 0, env: { LOG_LEVEL: 'info', ENV: 'production' } });
  const user = await service.signIn();
  const { id } = await user.upload(await makeClip({ seconds: 1 }));
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const perSecond = (path: string): Promise<number> =>
    requestsPerSecond(`${service.baseUrl}${path}`, user.headers, agent);

  await perSecond(`/media/${id}/status`);
  const status: number[] = [];
  const empty: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    empty.push(await perSecond('/health/live'));
    status.push(await perSecond(`/media/${id}/status`));
  }
  report(`Status requests, ${CONNECTIONS} connections, median of ${ROUNDS} rounds`, {
    'status, requests/s': median(status),
    'empty route, requests/s': median(empty),
    'status ÷ empty route': median(status.map((value, i) => value / (empty[i] ?? NaN))),
  });
  agent.destroy();
  await service.stop();
  expect(median(status)).toBeGreaterThan(0);
});

async function requestsPerSecond(url: string, headers: Record<string, string>, agent: Agent): Promise<number> {
  const startedAt = performance.now();
  const until = startedAt + ROUND_MS;
  let answered = 0;
  const connections = Array.from({ length: CONNECTIONS }, async () => {
    while (performance.now() < until) {
      await request(url, headers, agent);
      answered += 1;
    }
  });
  await Promise.all(connections);
  return (answered * 1000) / (performance.now() - startedAt);
}

function request(url: string, headers: Record<string, string>, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    get(url, { headers, agent }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`${url} answered ${response.statusCode}`));
      response.resume().once('end', resolve);
    }).once('error', reject);
  });
}
