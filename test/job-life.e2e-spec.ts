import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeClip, waitFor } from '@app/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebhookReceiver } from '../apps/notifier/test/webhook-receiver.js';
import type { JobView } from './support/api-client.js';
import { Failpoints } from './support/failpoints.js';
import { FaultScene, type RunningJob } from './support/fault-scene.js';
import { findFfmpeg } from './support/paced-ffmpeg.js';

const DROPPED = 'The job cannot be claimed; its message is dropped';
/** Much longer than the wait for a killed ffmpeg, so that one that is not killed is noticed. */
const LONG_CLIP = {
  container: 'mkv',
  codec: 'pcm',
  channels: 1,
  sampleRate: 8_000,
  seconds: 420,
  video: false,
} as const;
const KILLED_WITHIN_MS = 120_000;

/** One worker with one slot. */
describe('a job that its owner changes', () => {
  let scene: FaultScene;
  let failpoints: Failpoints;
  let shortClip: string;
  let longClip: string;

  beforeAll(async () => {
    failpoints = new Failpoints(await mkdtemp(join(tmpdir(), 'failpoints-')));
    const env = { ...failpoints.env, WORKER_CONCURRENCY: '1', WEBHOOK_PRIVATE_ADDRESSES: 'allow' };
    [shortClip, longClip, scene] = await Promise.all([
      makeClip({ seconds: 2 }),
      makeClip(LONG_CLIP),
      FaultScene.start({ env }),
    ]);
  });
  afterEach(() => scene.ffmpeg.speedUp());
  afterAll(async () => {
    await scene?.stop();
    await rm(failpoints.folder, { recursive: true, force: true });
  });

  it('is canceled at once while it runs, its ffmpeg is killed, and its slot takes the next job', async () => {
    const running = await startSlowJob();
    const next = await scene.user.upload(shortClip);
    const canceledAt = performance.now();

    expect(await cancel(running.id)).toMatchObject({ id: running.id, status: 'CANCELED', error: null });

    await killed(running);
    console.log(`The ffmpeg of a canceled job ended after ${Math.round(performance.now() - canceledAt)} ms`);
    await scene.expectDoneOnce(next.id);
    await expectEvents(running.id, ['CANCELED']);
    expect(await scene.rows.one(running.id)).toMatchObject({ status: 'CANCELED', attempt: 1, output_key: null });
    expect(await objectsOf(running.id)).toEqual([`source/${running.id}`]);
  });

  it('never starts if it is canceled while it waits', async () => {
    const running = await startSlowJob();
    const waiting = await scene.user.upload(shortClip);
    const isDispatched = async (): Promise<boolean> => (await scene.rows.one(waiting.id)).dispatched_at !== null;
    await waitFor(isDispatched, { what: 'the message of the waiting job' });
    await cancel(waiting.id);
    const later = await scene.user.upload(shortClip);
    await cancel(running.id);

    await scene.expectDoneOnce(later.id);

    const isHandled = async (): Promise<boolean> =>
      (await scene.rows.one(waiting.id)).attempt > 0 || (await isDropped(waiting.id));
    await waitFor(isHandled, { what: 'the message of the canceled job to be handled' });
    expect(await scene.rows.one(waiting.id)).toMatchObject({ status: 'CANCELED', attempt: 0 });
    await expectEvents(waiting.id, ['CANCELED']);
  });

  it('is converted if it is retried after it was canceled', async () => {
    const running = await startSlowJob();
    await cancel(running.id);

    expect(await post(running.id, 'retry')).toMatchObject({ id: running.id, status: 'PENDING' });

    expect(await scene.user.ended(running.id)).toMatchObject({ status: 'DONE', attempt: 2 });
    await expectEvents(running.id, ['CANCELED', 'DONE']);
    const { output_key: outputKey } = await scene.rows.one(running.id);
    expect(await scene.outputs(running.id)).toEqual([outputKey]);
    await killed(running);
  });

  it('is gone at once if it is deleted while it runs, with its ffmpeg and its objects', async () => {
    const running = await startSlowJob();

    await remove(running.id);

    await killed(running);
    await expectNothingLeft(running.id);
  });

  it('leaves its video to the jobs that convert it again', async () => {
    const first = await startSlowJob();
    const second = await post(first.id, 'convert');

    await remove(first.id);

    await scene.expectDoneOnce(second.id);
    const mp3 = await scene.user.download(second.id);
    // It has no tags, so it starts with the sync word of a frame.
    expect(mp3.readUInt16BE(0) & 0xffe0).toBe(0xffe0);
    expect(createHash('sha256').update(mp3).digest('hex')).toBe((await scene.rows.one(second.id)).output_sha256);
    await remove(second.id);
    await expectNothingLeft(first.id, second.id);
  });

  it('stops in its first heartbeat if it is canceled before', async () => {
    await scene.ffmpeg.slowDown();
    const claimed = failpoints.strike('claim.commit.after', 'hold');
    const { id } = await scene.user.upload(longClip);
    await claimed;
    expect(await scene.user.status(id)).toMatchObject({ status: 'PROCESSING', attempt: 1 });
    await cancel(id);
    const next = await scene.user.upload(shortClip);

    failpoints.release('claim.commit.after');

    await scene.expectDoneOnce(next.id);
    expect(await scene.rows.one(id)).toMatchObject({ status: 'CANCELED', attempt: 1, output_key: null });
    await expectEvents(id, ['CANCELED']);
  });

  it.each(['output.object-write.after', 'finish.commit.before', 'finish.commit.after'] as const)(
    'leaves no object if it is deleted while its worker is held at %s',
    async (point) => {
      const reached = failpoints.strike(point, 'hold');
      const { id } = await scene.user.upload(shortClip);
      await reached;
      expect(await scene.outputs(id)).toHaveLength(1);

      await remove(id);
      failpoints.release(point);

      await expectNothingLeft(id);
    },
  );

  it('is reported to a webhook if it is canceled', async () => {
    await scene.events.close();
    const receiver = await WebhookReceiver.start();
    const notifier = scene.service.startApp('notifier');
    await scene.user.json('POST', '/webhooks', { url: receiver.url, events: ['conversion.canceled'] });
    const running = await startSlowJob();

    await cancel(running.id);

    const [call] = await waitFor(() => (receiver.calls.length > 0 ? receiver.calls : null), { what: 'the webhook' });
    expect(JSON.parse(call?.body ?? '')).toMatchObject({
      type: 'conversion.canceled',
      data: { job_id: running.id, status: 'CANCELED' },
    });
    expect(await notifier.stop()).toBe(0);
    await receiver.stop();
  });

  /** Only this job is slow. Its ffmpeg is the one that converts, not one before it that reads the tracks. */
  async function startSlowJob(): Promise<RunningJob> {
    const { id } = await scene.startSlowJob(longClip);
    await waitFor(async () => (await scene.user.status(id)).progress > 0, { what: 'progress' });
    await scene.ffmpeg.speedUp();
    return scene.running(id);
  }

  const post = (id: string, move: string): Promise<JobView> => scene.user.json('POST', `/media/${id}/${move}`);
  const cancel = (id: string): Promise<JobView> => post(id, 'cancel');

  async function remove(id: string): Promise<void> {
    expect((await scene.user.fetch(`/media/${id}`, { method: 'DELETE' })).status).toBe(204);
    expect((await scene.user.fetch(`/media/${id}/status`)).status).toBe(404);
  }

  async function isDropped(id: string): Promise<boolean> {
    const lines = (await scene.service.logs()).split('\n');
    return lines.some((line) => line.includes(DROPPED) && line.includes(id));
  }

  async function killed({ ffmpegPid }: RunningJob): Promise<void> {
    const isLeft = (): boolean => findFfmpeg(scene.service.folder).some(({ pid }) => pid === ffmpegPid);
    await waitFor(() => !isLeft(), { what: 'the end of the ffmpeg', timeoutMs: KILLED_WITHIN_MS });
  }

  async function expectEvents(id: string, statuses: readonly string[]): Promise<void> {
    const seen = (): string[] =>
      scene.events.events.filter(({ data }) => data.job_id === id).map(({ data }) => data.status);
    await waitFor(() => seen().length >= statuses.length, { what: `the events of job ${id}` });
    expect(seen().toSorted()).toEqual(statuses);
  }

  /** Replaces the worker before it looks, because one that shuts down first does everything that it still does. */
  async function expectNothingLeft(...ids: string[]): Promise<void> {
    const [worker] = scene.service.workers.filter(({ isRunning }) => isRunning);
    expect(await worker?.stop()).toBe(0);
    scene.service.startWorker();
    await scene.service.consumers(1);
    for (const id of ids) expect(await objectsOf(id)).toEqual([]);
    const known = new Set((await scene.rows.all()).map(({ id }) => id));
    expect(ids.filter((id) => known.has(id))).toEqual([]);
  }

  /** The keys of a job's stored objects. */
  async function objectsOf(id: string): Promise<string[]> {
    const folder = join(scene.service.folder, 'objects');
    const isOwn = existsSync(join(folder, 'source', id));
    return [...(isOwn ? [`source/${id}`] : []), ...(await scene.outputs(id))];
  }
});
