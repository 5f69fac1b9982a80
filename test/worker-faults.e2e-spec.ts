import { makeClip, waitFor } from '@app/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { FaultScene } from './support/fault-scene.js';
import { findFfmpeg } from './support/paced-ffmpeg.js';

const DROPPED = 'The job cannot be claimed; its message is dropped';

describe('workers that die, stop and repeat themselves', () => {
  let scene: FaultScene;
  let shortClip: string;
  let longClip: string;

  beforeAll(async () => {
    [shortClip, longClip, scene] = await Promise.all([
      makeClip({ seconds: 4 }),
      makeClip({ container: 'mkv', codec: 'opus', sampleRate: 48_000, seconds: 60, video: false }),
      FaultScene.start({ workers: 2 }),
    ]);
  });
  afterEach(() => scene.ffmpeg.speedUp());
  afterAll(() => scene?.stop());

  it('run a job again if its worker is killed during the conversion, and leave no ffmpeg process', async () => {
    const { id, worker, ffmpegPid } = await scene.startSlowJob(longClip);
    await waitFor(async () => (await scene.user.status(id)).progress > 0, { what: 'progress' });
    await scene.ffmpeg.speedUp();

    await worker.kill();

    const isLeft = (): boolean => findFfmpeg(scene.service.folder).some(({ pid }) => pid === ffmpegPid);
    await waitFor(() => !isLeft(), { what: 'the end of the orphan' });
    await scene.expectDoneOnce(id, 2);
    await scene.service.healthUrlOf(scene.service.startWorker());
  });

  it('run a job once, no matter how many messages arrive', async () => {
    const { id } = await scene.startSlowJob(shortClip);
    await scene.queues.requestAgain(id, 10);
    await waitFor(async () => (await droppedMessages(id)) === 10, { what: 'ten copies to be dropped' });
    expect(findFfmpeg(scene.service.folder)).toHaveLength(1);
    await scene.expectDoneOnce(id);
    await scene.queues.requestAgain(id, 1);
    await waitFor(async () => (await droppedMessages(id)) === 11, { what: 'the late copy to be dropped' });
    await scene.expectDoneOnce(id);
  });

  it('dead-letter invalid messages, and continue', async () => {
    const garbage = [
      'not JSON',
      '{"type":"conversion.requested"}',
      '{"id":"1","type":"unheard.of","version":7,"data":{}}',
    ];
    await scene.queues.publish(garbage);
    await waitFor(async () => (await scene.queues.count('video.dead')) === garbage.length, { what: 'dead letters' });
    await scene.expectDoneOnce((await scene.user.upload(shortClip)).id);
  });

  it('wait before a retry, and drop a duplicate message in the meantime', async () => {
    const { id } = await scene.startSlowJob(shortClip);
    await scene.ffmpeg.speedUp();
    await scene.withoutObjects('', async () => {
      await waitFor(async () => (await scene.rows.one(id)).status === 'PENDING', { what: 'the retry to be planned' });
    });
    const delayed = await lengthenDelay(id);
    expect(delayed.wasDelayed).toBe(true);

    await scene.queues.requestAgain(id, 3);
    await waitFor(async () => (await droppedMessages(id)) === 3, { what: 'the copies to be dropped' });
    expect(await scene.rows.one(id)).toMatchObject({ status: 'PENDING', attempt: 1, revision: delayed.revision });

    await scene.withoutObjects(`source/${id}`, async () => {
      await endDelay(id);
      const isPlanned = async (): Promise<boolean> => {
        const { status, attempt } = await scene.rows.one(id);
        return status === 'PENDING' && attempt === 2;
      };
      await waitFor(isPlanned, { what: 'the next retry to be planned' });
    });
    await endDelay(id);
    await scene.expectDoneOnce(id, 3);
  });

  it('finish running jobs on shutdown', async () => {
    const { id, worker } = await scene.startSlowJob(shortClip);
    expect(await worker.stop()).toBe(0);
    expect(await scene.rows.one(id)).toMatchObject({ status: 'DONE', attempt: 1 });
    await scene.expectDoneOnce(id);
  });

  it('requeue jobs that do not finish in time, and do not count the attempt', async () => {
    const others = scene.service.workers.filter((worker) => worker.isRunning);
    const hasty = scene.service.startWorker({ DRAIN_SECONDS: '1' });
    expect(await Promise.all(others.map((worker) => worker.stop()))).toEqual(others.map(() => 0));
    const { id, worker } = await scene.startSlowJob(longClip);
    expect(worker).toBe(hasty);
    await scene.ffmpeg.speedUp();
    scene.service.startWorker();

    expect(await hasty.stop()).toBe(0);

    const job = await scene.expectDoneOnce(id, 1);
    expect(job.attempt).toBe(2);
  });

  async function droppedMessages(id: string): Promise<number> {
    const lines = (await scene.service.logs()).split('\n');
    return lines.filter((line) => line.includes(DROPPED) && line.includes(id)).length;
  }

  /** The planned two seconds can pass before a busy machine runs the next step of the test. */
  async function lengthenDelay(id: string): Promise<{ wasDelayed: boolean; revision: number }> {
    const [row] = await scene.rows.query<{ wasDelayed: boolean; revision: number }>(
      `UPDATE conversion_jobs SET dispatch_after = now() + interval '1 hour', dispatched_at = NULL
       WHERE id = $1 AND status = 'PENDING'
       RETURNING revision, dispatch_after > updated_at + interval '1 second' AS "wasDelayed"`,
      [id],
    );
    if (row === undefined) throw new Error(`Job ${id} does not wait`);
    return row;
  }

  async function endDelay(id: string): Promise<void> {
    await scene.rows.query('UPDATE conversion_jobs SET dispatch_after = now() WHERE id = $1', [id]);
  }
});
