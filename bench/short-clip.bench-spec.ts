import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { OwnDatabase, makeClip, testServices } from '@app/testing';
import { expect, it } from 'vitest';
import type { ApiClient } from '../test/support/api-client.js';
import { ServiceUnderTest, type StorageKind } from '../test/support/service-under-test.js';
import { median, record, report } from './support/figures.js';

const ROUNDS = 20;
const LIMIT_MS = 60;
const KINDS: StorageKind[] = testServices().minio === null ? ['directory'] : ['directory', 'minio'];
const run = promisify(execFile);

it.each(KINDS)(`a 3 s clip, ${ROUNDS} times, beside the plain ffmpeg command: %s`, async (storage) => {
  // Durable, as in production, because the shared server of the tests does not wait for its disk.
  const database = await OwnDatabase.start();
  const service = await ServiceUnderTest.start({ storage, databaseUrl: database.url, env: { LOG_LEVEL: 'info' } });
  const user = await service.signIn();
  const clip = await makeClip({ seconds: 3 });
  await untilDone(user, clip);

  const plain: number[] = [];
  const whole: number[] = [];
  for (let i = 0; i < ROUNDS; i += 1) {
    plain.push(await plainCommandMs(clip, join(service.folder, 'plain.mp3')));
    whole.push(await untilDone(user, clip));
  }
  const differences = whole.map((ms, i) => ms - (plain[i] ?? NaN));
  report(`A 3 s clip (${storage}), median of ${ROUNDS}`, {
    'ffmpeg -i clip -vn out.mp3, ms': median(plain),
    "from the job's commit until it is DONE, ms": median(whole),
    'difference, ms': median(differences),
  });
  const name = `3 s clip, commit → DONE − CLI (${storage})`;
  record({ name, value: median(differences), unit: 'ms', must: { atMost: 40 }, aim: { atMost: 20 } });
  await service.stop();
  await database.remove();
  expect(median(differences)).toBeLessThanOrEqual(LIMIT_MS);
});

async function plainCommandMs(clip: string, output: string): Promise<number> {
  const startedAt = performance.now();
  await run(testServices().ffmpegPath, ['-v', 'error', '-y', '-i', clip, '-vn', output]);
  return performance.now() - startedAt;
}

/** Measured by the clock of the database, from the commit of the job to DONE, because polling would slow it down. */
async function untilDone(user: ApiClient, clip: string): Promise<number> {
  const { created_at, finished_at } = await user.ended((await user.upload(clip)).id);
  return Date.parse(String(finished_at)) - Date.parse(String(created_at));
}
