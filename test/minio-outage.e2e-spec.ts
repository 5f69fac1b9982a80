import { FaultProxy, makeClip, testServices, waitFor } from '@app/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from './support/api-client.js';
import { JobRows } from './support/job-rows.js';
import { PacedFfmpeg, ffmpegAt } from './support/paced-ffmpeg.js';
import { expectNotStored } from './support/expect-not-stored.js';
import { ServiceUnderTest } from './support/service-under-test.js';

const { minio } = testServices();
if (minio === null) console.warn('Skipped: MinIO is not installed.');

describe.skipIf(minio === null)('an outage of MinIO', () => {
  let proxy: FaultProxy;
  let ffmpeg: PacedFfmpeg;
  let service: ServiceUnderTest;
  let rows: JobRows;
  let user: ApiClient;
  let clip: string;

  beforeAll(async () => {
    const [host = '', port] = (minio?.endpoint ?? '').split(':');
    [clip, ffmpeg, proxy] = await Promise.all([
      makeClip({ seconds: 4 }),
      PacedFfmpeg.create(),
      FaultProxy.start(host, Number(port)),
    ]);
    const env = { STORAGE_ENDPOINT: `127.0.0.1:${proxy.port}`, FFMPEG_PATH: ffmpeg.path };
    service = await ServiceUnderTest.start({ storage: 'minio', env });
    rows = new JobRows(service.databaseUrl);
    user = await service.signIn();
  });
  afterAll(async () => {
    await rows?.close();
    await service?.stop();
    await ffmpeg?.remove();
    await proxy?.close();
  });

  it('that refuses connections: uploads are rejected, readiness reports it, and a running job ends later', async () => {
    const id = await startSlowJob();
    await proxy.refuse();
    proxy.cut();
    await expectNotStored(user, service, clip);
    await waitFor(async () => (await rows.one(id)).status === 'PENDING', { what: 'a retry' });
    await proxy.refuse(false);
    expect(await user.ended(id)).toMatchObject({ status: 'DONE', attempt: 2 });
    expect((await user.download(id)).length).toBeGreaterThan(0);
  });

  it('that never answers: uploads are rejected, and a waiting job ends later', async () => {
    const id = await startSlowJob();
    proxy.hold();
    await expectNotStored(user, service, clip);
    proxy.release();
    expect((await user.ended(id)).status).toBe('DONE');
    expect((await user.download(id)).length).toBeGreaterThan(0);
  });

  async function startSlowJob(): Promise<string> {
    await ffmpeg.slowDown();
    const { id } = await user.upload(clip);
    await ffmpegAt(await waitFor(async () => (await rows.one(id)).lease_token, { what: 'the job to run' }));
    await ffmpeg.speedUp();
    return id;
  }
});
