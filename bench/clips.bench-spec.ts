import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { makeClip, testServices } from '@app/testing';
import { expect, it } from 'vitest';
import { ServiceUnderTest, type StorageKind } from '../test/support/service-under-test.js';
import { median, record, report } from './support/figures.js';

const CLIPS = 100;
const CLIP_SECONDS = 30;
const ROUNDS = 5;
const AT_ONCE = 20;
const KINDS: StorageKind[] = testServices().minio === null ? ['directory'] : ['directory', 'minio'];
const run = promisify(execFile);

it.each(KINDS)(`${CLIPS} clips of ${CLIP_SECONDS} s beside xargs -P2 ffmpeg: %s`, async (storage) => {
  const env = { LOG_LEVEL: 'warn', ENV: 'production', MAX_OPEN_UPLOADS_PER_USER: String(AT_ONCE) };
  const service = await ServiceUnderTest.start({ storage, env });
  const user = await service.signIn();
  const clip = await makeClip({ seconds: CLIP_SECONDS });
  const folder = join(service.folder, 'plain');
  await mkdir(folder);

  const plain: number[] = [];
  const whole: number[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const plainSeconds = await seconds(() =>
      run('sh', [
        '-c',
        `seq ${CLIPS} | xargs -P2 -I{} "$0" -v error -y -i "$1" -vn "$2/{}.mp3"`,
        testServices().ffmpegPath,
        clip,
        folder,
      ]),
    );
    const wholeSeconds = await seconds(async () => {
      const numbers = Array.from({ length: CLIPS }, (_, index) => index).values();
      const ids: string[] = [];
      const send = async (): Promise<void> => {
        for (const _ of numbers) ids.push((await user.upload(clip)).id);
      };
      await Promise.all(Array.from({ length: AT_ONCE }, send));
      for (const id of ids) expect((await user.ended(id, 200)).status).toBe('DONE');
    });
    // The first round warms up.
    if (round > 0) {
      plain.push(plainSeconds);
      whole.push(wholeSeconds);
    }
  }
  const ratio = median(whole.map((value, i) => value / (plain[i] ?? NaN)));
  report(`${CLIPS} clips of ${CLIP_SECONDS} s (${storage}), median of ${ROUNDS} rounds`, {
    'the service, s': median(whole),
    'xargs -P2 ffmpeg, s': median(plain),
    'service ÷ xargs': ratio,
  });
  const name = `${CLIPS} clips of ${CLIP_SECONDS} s ÷ xargs -P2 ffmpeg (${storage})`;
  record({ name, value: ratio, unit: '', must: { atMost: 1.1 }, aim: { atMost: 1.03 } });
  await service.stop();
});

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return (performance.now() - startedAt) / 1000;
}
