import { readFileSync } from 'node:fs';
import { testServices } from '@app/testing';
import { describe, expect, it } from 'vitest';
import { ServiceUnderTest } from '../test/support/service-under-test.js';
import { uploadBytes } from './support/big-upload.js';
import { record, report } from './support/figures.js';

const GIB = 1024 ** 3;
const LIMIT_MB = 300;
const CASES = [
  { uploads: 1, gib: 3 },
  { uploads: 8, gib: 1 },
];

describe.skipIf(testServices().minio === null)('memory of the api, through the MinIO client', () => {
  it.each(CASES)('$uploads upload(s) of $gib GiB at once', async ({ uploads, gib }) => {
    const service = await ServiceUnderTest.prepare({ storage: 'minio', env: { LOG_LEVEL: 'info' } });
    const api = service.startApi();
    await service.accepting();
    const user = await service.signIn();
    const before = peakRssMb(api.pid);
    const startedAt = performance.now();
    const statuses = await Promise.all(Array.from({ length: uploads }, () => uploadBytes(user, gib * GIB)));
    const seconds = (performance.now() - startedAt) / 1000;
    const peak = peakRssMb(api.pid);
    report(`Memory of the api: ${uploads} × ${gib} GiB`, {
      answers: statuses.join(' '),
      'peak RSS before the first upload, MB': before,
      'peak RSS, MB': peak,
      'MiB/s, all together': (uploads * gib * 1024) / seconds,
    });
    const name = `api's peak RSS: ${uploads} × ${gib} GiB at once (MinIO)`;
    record({ name, value: peak, unit: 'MB', must: { atMost: LIMIT_MB }, aim: { atMost: 200 } });
    await service.stop();
    expect(new Set(statuses)).toEqual(new Set([202]));
    expect(peak).toBeLessThan(LIMIT_MB);
  });
});

/** Returns the high-water mark of the kernel, which needs no sampling. */
function peakRssMb(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1000;
}
