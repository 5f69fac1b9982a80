import { makeClip, testServices } from '@app/testing';
import { expect, it } from 'vitest';
import { ServiceUnderTest, type StorageKind } from '../test/support/service-under-test.js';
import { uploadBytes } from './support/big-upload.js';
import { CpuMeter, type Costs } from './support/cpu-meter.js';
import { record, report } from './support/figures.js';
import { loadHttp } from './support/http-load.js';

const UPLOAD_MIB = 64;
const UPLOADS = 10;
const CLIP_SECONDS = 30;
const JOBS = 20;
const STATUS = { connections: 32, durationMs: 5_000 };

const portOf = (url: string): number => Number(new URL(url).port);
const { databaseUrl, rabbitmqUrl, minio } = testServices();
const KINDS: StorageKind[] = minio === null ? ['directory'] : ['directory', 'minio'];

it.each(KINDS)('processor time of a status request, an upload and a job: %s', async (storage) => {
  const service = await ServiceUnderTest.start({ storage, env: { LOG_LEVEL: 'info', ENV: 'production' } });
  const user = await service.signIn();
  const clip = await makeClip({ seconds: CLIP_SECONDS });
  const warmUp = await user.upload(clip);
  await user.ended(warmUp.id);
  const [worker] = service.workers;
  if (worker === undefined) throw new Error('No worker was started');
  const meter = new CpuMeter({
    api: service.api.pid,
    worker: worker.pid,
    services: {
      PostgreSQL: portOf(databaseUrl),
      RabbitMQ: portOf(rabbitmqUrl),
      ...(storage === 'minio' && { MinIO: portOf(`http://${minio?.endpoint}`) }),
    },
  });

  let requests = 0;
  const url = `${service.baseUrl}/media/${warmUp.id}/status`;
  // Until the code is compiled, a request costs three times as much.
  await loadHttp({ url, headers: user.headers, ...STATUS });
  const allStatus = await meter.costOf(1, async () => {
    ({ requests } = await loadHttp({ url, headers: user.headers, ...STATUS }));
  });
  print(storage, 'status request', divided(allStatus, requests));
  const job = await meter.costOf(JOBS, async () => {
    const jobs = await Promise.all(Array.from({ length: JOBS }, () => user.upload(clip)));
    for (const { id } of jobs) expect((await user.ended(id, 500)).status).toBe('DONE');
  });
  print(storage, `job: ${CLIP_SECONDS} s clip, from upload to DONE`, job);
  // Last, because the worker goes on after the last answer: it fetches the bytes and finds no video in them.
  const upload = await meter.costOf(UPLOADS, async () => {
    for (let i = 0; i < UPLOADS; i += 1) expect(await uploadBytes(user, UPLOAD_MIB * 1024 ** 2)).toBe(202);
  });
  print(storage, `upload of ${UPLOAD_MIB} MiB`, upload);
  await service.stop();
});

function divided(costs: Costs, count: number): Costs {
  return Object.fromEntries(Object.entries(costs).map(([name, ms]) => [name, ms / count]));
}

function print(storage: StorageKind, what: string, costs: Costs): void {
  report(`Processor time of one ${what} (${storage}), ms`, costs);
  for (const [part, value] of Object.entries(costs)) {
    record({ name: `${what} (${storage}): ${part}`, value, unit: 'CPU ms' });
  }
}
