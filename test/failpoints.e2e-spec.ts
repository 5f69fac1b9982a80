import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FAILPOINTS } from '@app/failpoints';
import { OwnBroker, compareAudio, makeClip, waitFor } from '@app/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from './support/api-client.js';
import type { AppProcess } from './support/app-process.js';
import { Failpoints } from './support/failpoints.js';
import { FinishedEvents } from './support/finished-events.js';
import { JobRows } from './support/job-rows.js';
import { ServiceUnderTest } from './support/service-under-test.js';

/** Without the failpoints of the notifier, which have their own test: here the test consumes the events. */
const POINTS = FAILPOINTS.filter((name) => !name.startsWith('deliveries.'));
const JOBS = 30;
const HITS = 2;
const UPLOADERS = 3;
/** Enough to reach every failpoint, and no more than the workers can handle. */
const MAX_UNFINISHED = 8;

/** Kills the api and the workers at every step that could lose or repeat a job, and kills the broker once. */
describe('30 jobs through kill -9 at every failpoint', () => {
  let broker: OwnBroker;
  let failpoints: Failpoints;
  let service: ServiceUnderTest;
  let events: FinishedEvents;
  let rows: JobRows;
  let user: ApiClient;
  let clips: string[];
  /** While true, jobs are uploaded and dead processes are restarted. */
  let isUploading = true;
  let isOver = false;
  const accepted: { id: string; clip: string }[] = [];

  beforeAll(async () => {
    broker = await OwnBroker.start();
    failpoints = new Failpoints(await mkdtemp(join(tmpdir(), 'failpoints-')));
    service = await ServiceUnderTest.start({
      workers: 2,
      rabbitmqUrl: broker.url,
      // The test kills much more often than a real machine; another test covers the limit of attempts.
      env: { ...failpoints.env, WORKER_CONCURRENCY: '2', MAX_ATTEMPTS: '20' },
    });
    events = new FinishedEvents(broker.url);
    await events.listen();
    rows = new JobRows(service.databaseUrl);
    user = await service.signIn();
    clips = await Promise.all([1, 2, 3].map((seconds) => makeClip({ seconds: seconds + 1 })));
    keepAlive(service.api, () => service.startApi());
    for (const worker of service.workers) keepAlive(worker, () => service.startWorker());
  });

  afterAll(async () => {
    isOver = true;
    await events?.close();
    await rows?.close();
    await service?.stop();
    await broker?.remove();
    await rm(failpoints.folder, { recursive: true, force: true });
  });

  it('ends every accepted job once, with its complete audio', async () => {
    const struck = strikeAll().finally(() => {
      isUploading = false;
    });
    await Promise.all([struck, ...Array.from({ length: UPLOADERS }, (_, i) => keepUploading(i))]);
    for (const name of POINTS) expect(failpoints.hits(name), name).toBeGreaterThanOrEqual(HITS);
    expect(accepted.length).toBeGreaterThanOrEqual(JOBS);

    const ended = await waitFor(
      async () => {
        const all = await rows.all();
        return all.every(({ status }) => status === 'DONE' || status === 'FAILED') ? all : null;
      },
      { what: 'every job to end' },
    );
    expect(ended.filter(({ status }) => status !== 'DONE')).toEqual([]);
    const known = new Set(ended.map(({ id }) => id));
    expect(accepted.filter(({ id }) => !known.has(id))).toEqual([]);

    await expectWholeSound();
    await waitFor(() => events.idsByJob().size === ended.length, { what: 'an event for every job' });
    for (const [job, ids] of events.idsByJob()) expect([job, ids.size]).toEqual([job, 1]);
  });

  function keepAlive(app: AppProcess, restart: () => AppProcess): void {
    void app.ended().then(({ signal }) => {
      if (!isOver && signal === 'SIGKILL') keepAlive(restart(), restart);
    });
  }

  async function strikeAll(): Promise<void> {
    for (let round = 0; round < HITS; round += 1) {
      for (const name of POINTS) await failpoints.strike(name);
      if (round === 0) await killBroker();
    }
    await waitFor(() => accepted.length >= JOBS, { what: `${JOBS} accepted uploads` });
  }

  async function killBroker(): Promise<void> {
    await broker.kill();
    await broker.restart();
    await waitFor(() => events.listen().then(() => true), { what: 'the broker' });
  }

  /** Retries interrupted uploads, like a client. */
  async function keepUploading(i: number): Promise<void> {
    for (let n = i; isUploading; n += 1) {
      const clip = clips[n % clips.length] ?? '';
      const response = await user.uploadResponse(clip).catch(() => null);
      if (response?.status === 202) accepted.push({ id: ((await response.json()) as { id: string }).id, clip });
      await waitFor(async () => !isUploading || (await unfinished()) < MAX_UNFINISHED);
    }
  }

  async function unfinished(): Promise<number> {
    return (await rows.all()).filter(({ status }) => status !== 'DONE' && status !== 'FAILED').length;
  }

  /** The encoder is deterministic, so all jobs of a clip must have the same bytes, and one of them the right audio. */
  async function expectWholeSound(): Promise<void> {
    await service.ready();
    for (const clip of clips) {
      const jobs = accepted.filter((job) => job.clip === clip);
      const sums = await Promise.all(jobs.map(async ({ id }) => (await rows.one(id)).output_sha256));
      expect(new Set(sums).size).toBe(1);
      const path = join(service.folder, 'checked.mp3');
      await writeFile(path, await user.download(jobs[0]?.id ?? ''));
      const sound = await compareAudio(clip, path);
      expect(Math.abs(sound.durationDifferenceSeconds)).toBeLessThanOrEqual(0.1);
      expect(Math.abs(sound.lagMs)).toBeLessThanOrEqual(1);
    }
  }
});
