import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { makeClip } from '@app/testing';
import { expect, it } from 'vitest';
import type { ApiClient, JobView } from '../test/support/api-client.js';
import { ServiceUnderTest } from '../test/support/service-under-test.js';
import { report } from './support/figures.js';

const BYTES_PER_SECOND = 2 * 1024;
const MINUTES = 6;

it(`an upload of ${MINUTES} minutes at 2 KiB/s`, async () => {
  const service = await ServiceUnderTest.start({ env: { LOG_LEVEL: 'info' } });
  const user = await service.signIn();
  const clip = await readFile(
    await makeClip({ seconds: 30, video: false, codec: 'pcm', container: 'mkv', channels: 1, sampleRate: 16_000 }),
  );
  const startedAt = performance.now();
  const job = await uploadSlowly(user, clip.subarray(0, clip.length));
  const minutes = (performance.now() - startedAt) / 60_000;
  const ended = await user.ended(job.id);
  report('A slow but honest upload', { minutes: minutes, bytes: clip.length, 'ended as': ended.status });
  await service.stop();
  expect(minutes).toBeGreaterThan(MINUTES);
  expect(ended.status).toBe('DONE');
});

async function uploadSlowly(user: ApiClient, body: Buffer): Promise<JobView> {
  const head = '--slow\r\ncontent-disposition: form-data; name="file"; filename="slow.mkv"\r\n\r\n';
  const upload = request(`${user.baseUrl}/media/upload`, {
    method: 'POST',
    headers: { ...user.headers, 'content-type': 'multipart/form-data; boundary=slow' },
  });
  const answered = new Promise<string>((resolve, reject) => {
    upload.once('error', reject);
    upload.once('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.once('end', () => resolve(text));
    });
  });
  upload.write(head);
  for (let at = 0; at < body.length; at += BYTES_PER_SECOND) {
    upload.write(body.subarray(at, at + BYTES_PER_SECOND));
    await delay(1_000);
  }
  upload.end('\r\n--slow--\r\n');
  return JSON.parse(await answered) as JobView;
}
