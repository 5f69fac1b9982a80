import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { testServices } from '@app/testing';
import { describe, expect, it } from 'vitest';
import { ServiceUnderTest } from '../test/support/service-under-test.js';
import { uploadBytes } from './support/big-upload.js';
import { median, record, report, type Figure } from './support/figures.js';
import { RawStore } from './support/raw-store.js';

const GIB = 1024 ** 3;
const ROUNDS = 5;
const run = promisify(execFile);
const { minio } = testServices();

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return (performance.now() - startedAt) / 1000;
}

/**
 * Runs each kind once per round, so that all have the same conditions. Prints MiB/s and the ratios to the first kind.
 */
async function race(title: string, kinds: Record<string, () => Promise<unknown>>): Promise<(rival: string) => number> {
  const times = new Map<string, number[]>(Object.keys(kinds).map((name) => [name, []]));
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const [name, work] of Object.entries(kinds)) {
      const took = await seconds(work);
      // The first round warms up.
      if (round > 0) times.get(name)?.push(took);
    }
  }
  const [, ...others] = Object.keys(kinds);
  const upload = median(times.get('upload') ?? []);
  const figures = Object.fromEntries([...times].map(([name, each]) => [`${name}, MiB/s`, 1024 / median(each)]));
  const ratioTo = (name: string): number => median(times.get(name) ?? []) / upload;
  const ratios = Object.fromEntries(others.map((name) => [`upload ÷ ${name}`, ratioTo(name)]));
  report(title, { ...figures, ...ratios });
  return ratioTo;
}

describe('an upload of 1 GiB', () => {
  it.skipIf(minio === null)('beside the same bytes put into the store directly', async () => {
    if (minio === null) return;
    const service = await ServiceUnderTest.prepare({ storage: 'minio', env: { LOG_LEVEL: 'warn' } });
    service.startApi();
    await service.accepting();
    const user = await service.signIn();
    const raw = new RawStore(minio);
    await raw.prepare();
    const ratioTo = await race('1 GiB into MinIO', {
      upload: async () => expect(await uploadBytes(user, GIB)).toBe(202),
      'raw multipart PUT': () => raw.put(GIB, 1),
      'raw multipart PUT, four parts at once': () => raw.put(GIB, 4),
    });
    const bounds: Pick<Figure, 'must' | 'aim'> = { must: { atLeast: 0.9 }, aim: { atLeast: 1 } };
    record({ name: 'upload ÷ raw multipart PUT (MinIO)', value: ratioTo('raw multipart PUT'), unit: '', ...bounds });
    await raw.remove();
    await service.stop();
  });

  it('beside dd onto the same disk', async () => {
    const service = await ServiceUnderTest.prepare({ storage: 'directory', env: { LOG_LEVEL: 'warn' } });
    service.startApi();
    await service.accepting();
    const user = await service.signIn();
    const path = join(service.folder, 'dd');
    const ratioTo = await race('1 GiB into a folder', {
      upload: async () => expect(await uploadBytes(user, GIB)).toBe(202),
      'dd conv=fsync': async () => {
        await run('dd', ['if=/dev/zero', `of=${path}`, 'bs=1M', 'count=1024', 'conv=fsync']);
        await rm(path);
      },
    });
    const bounds: Pick<Figure, 'must' | 'aim'> = { must: { atLeast: 0.8 }, aim: { atLeast: 1 } };
    record({ name: 'upload ÷ dd conv=fsync (folder)', value: ratioTo('dd conv=fsync'), unit: '', ...bounds });
    await service.stop();
  });
});
