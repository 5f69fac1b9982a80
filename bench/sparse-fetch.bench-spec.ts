import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { testServices, writeLargeVideo } from '@app/testing';
import { Client } from 'minio';
import { expect, it } from 'vitest';
import type { AppProcess } from '../test/support/app-process.js';
import { ServiceUnderTest } from '../test/support/service-under-test.js';
import { median, report } from './support/figures.js';
import { SlowLink } from './support/slow-link.js';

const ROUNDS = 5;
const MOST_RATIO = 0.35;
const MOST_RSS_MIB = 200;
const BUCKET = `bench-${crypto.randomUUID()}`;
const VIDEO = { seconds: 300, sizeBytes: 1_000_000_000, chunkSeconds: 1 };
const LINK = { bytesPerSecond: 50_000_000, roundTripMs: 20 };
const run = promisify(execFile);

const { minio } = testServices();

it.skipIf(minio === null)(
  'a video of 1 GB from a store at 50 MB/s and 20 ms, beside a full download and the command',
  async () => {
    const link = await SlowLink.start(minio?.endpoint ?? '', LINK);
    const service = await ServiceUnderTest.start({
      storage: 'minio',
      workers: 0,
      env: { LOG_LEVEL: 'info', STORAGE_BUCKET_NAME: BUCKET },
    });
    const worker = service.startWorker({ STORAGE_ENDPOINT: link.endpoint });
    await service.ready();
    const user = await service.signIn();
    const video = join(service.folder, 'video.mp4');
    await writeLargeVideo(video, VIDEO);

    const [whole, plain, audio]: number[][] = [[], [], []];
    for (let round = 0; round < ROUNDS; round += 1) {
      const { id } = await user.upload(video);
      const { created_at, finished_at, status, error } = await user.ended(id, 500);
      expect({ status, error }).toEqual({ status: 'DONE', error: null });
      audio?.push(Date.parse(String(finished_at)) - Date.parse(String(created_at)));
      const before = performance.now();
      const copy = await download(link, join(service.folder, 'copy.mp4'));
      whole?.push(performance.now() - before);
      await run(testServices().ffmpegPath, ['-v', 'error', '-y', '-i', copy, '-vn', join(service.folder, 'plain.mp3')]);
      plain?.push(performance.now() - before);
      await user.fetch(`/media/${id}`, { method: 'DELETE' });
    }
    const fetched = await fetches(worker);
    const ratio = median(audio ?? []) / median(plain ?? []);
    const rssMib = await peakRssMib(worker);
    report(`A video of ${VIDEO.sizeBytes / 1e6} MB, chunks of ${VIDEO.chunkSeconds} s, median of ${ROUNDS}`, {
      'full download alone, ms': median(whole ?? []),
      'full download and ffmpeg -i video -vn out.mp3, ms': median(plain ?? []),
      "from the job's commit until it is DONE, ms": median(audio ?? []),
      ratio,
      'bytes that the worker fetched': fetched[0]?.fetched_bytes ?? NaN,
      requests: fetched[0]?.requests ?? NaN,
      'memory of the worker at most, MiB': rssMib,
    });
    await service.stop();
    await link.close();
    expect(fetched).toHaveLength(ROUNDS);
    expect(ratio).toBeLessThanOrEqual(MOST_RATIO);
    expect(rssMib).toBeLessThanOrEqual(MOST_RSS_MIB);
  },
);

/** Downloads the only source in the bucket, in one request. */
async function download(link: SlowLink, path: string): Promise<string> {
  const [endPoint = '', port] = link.endpoint.split(':');
  const { accessKey = '', secretKey = '' } = minio ?? {};
  const client = new Client({ endPoint, port: Number(port), useSSL: false, accessKey, secretKey, region: 'us-east-1' });
  const { objects } = await client.listObjectsV2Query(BUCKET, 'source/', '', '', 1, '');
  await pipeline(await client.getObject(BUCKET, String(objects[0]?.name)), createWriteStream(path));
  return path;
}

interface FetchLine {
  readonly fetched_bytes: number;
  readonly requests: number;
}

async function fetches(worker: AppProcess): Promise<FetchLine[]> {
  const lines = (await worker.log()).split('\n').filter((line) => line.includes('Fetched the audio of the source'));
  return lines.map((line) => {
    const value = (name: string): number => Number(new RegExp(`"?${name}"?: ?(\\d+)`).exec(line)?.[1]);
    return { fetched_bytes: value('fetched_bytes'), requests: value('requests') };
  });
}

async function peakRssMib(worker: AppProcess): Promise<number> {
  const status = await readFile(`/proc/${worker.pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024;
}
