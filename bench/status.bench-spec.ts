import { makeClip, testServices } from '@app/testing';
import { expect, it } from 'vitest';
import { ServiceUnderTest, type StorageKind } from '../test/support/service-under-test.js';
import { uploadBytes } from './support/big-upload.js';
import { median, record, report } from './support/figures.js';
import { loadHttp, percentile } from './support/http-load.js';
import { Rival } from './support/rival.js';

const CONNECTIONS = 32;
const ROUNDS = 5;
const ROUND_MS = 3_000;
const UPLOADS = 8;
const UPLOAD_BYTES = 512 * 1024 ** 2;
const PRODUCTION = { LOG_LEVEL: 'info', ENV: 'production' };
const KINDS: StorageKind[] = testServices().minio === null ? ['directory'] : ['directory', 'minio'];

it(`status requests over ${CONNECTIONS} connections, beside an empty route of the same server`, async () => {
  const service = await ServiceUnderTest.start({ workers: 0, env: PRODUCTION });
  const user = await service.signIn();
  const clip = await makeClip({ seconds: 1 });
  const { id } = await user.upload(clip);
  const rival = await Rival.signedIn();
  const rivalUrl = rival?.statusUrl(await rival.upload(clip));
  const perSecond = async (url: string, headers = user.headers): Promise<number> =>
    (await loadHttp({ url, headers, connections: CONNECTIONS, durationMs: ROUND_MS })).perSecond;

  const statusUrl = `${service.baseUrl}/media/${id}/status`;
  await perSecond(statusUrl);
  const [status, empty, others]: [number[], number[], number[]] = [[], [], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    empty.push(await perSecond(`${service.baseUrl}/health/live`));
    status.push(await perSecond(statusUrl));
    if (rival !== null && rivalUrl !== undefined) others.push(await perSecond(rivalUrl, { ...rival.headers }));
  }
  const ratio = median(status.map((value, i) => value / (empty[i] ?? NaN)));
  report(`Status requests, ${CONNECTIONS} connections, median of ${ROUNDS} rounds`, {
    'status, requests/s': median(status),
    'empty route, requests/s': median(empty),
    'status ÷ empty route': ratio,
    ...(others.length > 0 && { 'status of the other service, requests/s': median(others) }),
  });
  record(
    { name: 'status', value: median(status), unit: 'requests/s', must: { atLeast: 2_000 }, aim: { atLeast: 3_000 } },
    { name: 'status ÷ empty route', value: ratio, unit: '', must: { atLeast: 0.5 }, aim: { atLeast: 0.8 } },
  );
  if (others.length > 0) {
    const value = median(status.map((each, i) => each / (others[i] ?? NaN)));
    record({ name: 'status ÷ that of the other service', value, unit: '' });
  }
  await service.stop();
  expect(median(status)).toBeGreaterThan(0);
});

it.each(KINDS)(`status requests during ${UPLOADS} uploads: %s`, async (storage) => {
  const service = await ServiceUnderTest.prepare({ storage, env: PRODUCTION });
  service.startApi();
  await service.accepting();
  const user = await service.signIn();
  const { id } = await user.upload(await makeClip({ seconds: 1 }));
  const url = `${service.baseUrl}/media/${id}/status`;
  let isUploading = true;
  const uploads = Promise.all(Array.from({ length: UPLOADS }, () => uploadBytes(user, UPLOAD_BYTES))).finally(() => {
    isUploading = false;
  });
  const latencies: number[] = [];
  while (isUploading) {
    const { latenciesMs } = await loadHttp({ url, headers: user.headers, connections: 1, durationMs: 500 });
    latencies.push(...latenciesMs);
  }
  expect(new Set(await uploads)).toEqual(new Set([202]));
  const sorted = latencies.toSorted((a, b) => a - b);
  const p99 = percentile(sorted, 99);
  report(`Status requests during ${UPLOADS} uploads (${storage}), ms`, {
    median: percentile(sorted, 50),
    p99: p99,
    slowest: sorted.at(-1) ?? NaN,
    requests: sorted.length,
  });
  const name = `status p99 during ${UPLOADS} uploads (${storage})`;
  record({ name, value: p99, unit: 'ms', must: { atMost: 50 }, aim: { atMost: 20 } });
  await service.stop();
});
