import { makeClip, waitFor } from '@app/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { FaultScene } from './support/fault-scene.js';
import { findFfmpeg } from './support/paced-ffmpeg.js';

const STALLED = 'This worker was stalled';

describe('a worker that loses its job', () => {
  let scene: FaultScene;
  let clip: string;

  beforeAll(async () => {
    [clip, scene] = await Promise.all([
      makeClip({ container: 'mkv', codec: 'opus', sampleRate: 48_000, seconds: 60, video: false }),
      FaultScene.start({ env: { MAX_ATTEMPTS: '2' } }),
    ]);
  });
  afterEach(() => scene.ffmpeg.speedUp());
  afterAll(() => scene?.stop());

  it('because it was suspended with its ffmpeg and is the only one, runs that job again', async () => {
    const { id, worker, ffmpegPid } = await scene.startSlowJob(clip);
    await scene.ffmpeg.speedUp();
    const { lease_token } = await scene.rows.one(id);
    worker.signal('SIGSTOP');
    process.kill(ffmpegPid, 'SIGSTOP');
    await waitFor(async () => (await scene.rows.one(id)).status === 'PENDING', {
      what: 'the lease to run out',
    });

    worker.signal('SIGCONT');

    await scene.expectDoneOnce(id, 2);
    const { output_key } = await scene.rows.one(id);
    expect(output_key).not.toContain(lease_token);
    await waitFor(() => findFfmpeg(scene.service.folder).length === 0, { what: 'the end of the frozen ffmpeg' });
  });

  it('because it was suspended changes nothing when it continues', async () => {
    scene.service.startWorker();
    const { id, worker } = await scene.startSlowJob(clip);
    await scene.ffmpeg.speedUp();
    worker.signal('SIGSTOP');
    await scene.expectDoneOnce(id, 2);
    const before = await scene.rows.one(id);

    worker.signal('SIGCONT');

    await waitFor(async () => (await worker.log()).includes(STALLED), { what: 'the stale worker to wake up' });
    await waitFor(() => findFfmpeg(scene.service.folder).length === 0, { what: 'the end of the stale run' });
    // The stale run does everything that it still does before its worker ends.
    expect(await worker.stop()).toBe(0);
    expect(await scene.rows.one(id)).toEqual(before);
    await scene.expectDoneOnce(id, 2);
  });

  it('because it was killed in its last attempt, fails the job', async () => {
    const { id, worker } = await scene.startSlowJob(clip);
    await worker.kill();
    scene.service.startWorker();
    const isLast = async (): Promise<boolean> => (await scene.rows.one(id)).attempt === 2;
    await waitFor(isLast, { what: 'the last attempt' });
    await (await scene.running(id)).worker.kill();

    expect(await scene.user.ended(id)).toMatchObject({ status: 'FAILED', error: 'attempts_exhausted', attempt: 2 });
    await waitFor(() => scene.events.events.find(({ data }) => data.job_id === id), { what: 'the event' });
    const events = scene.events.events.filter(({ data }) => data.job_id === id);
    expect(events).toMatchObject([{ data: { status: 'FAILED', error: 'attempts_exhausted' } }]);
    expect(await scene.outputs(id)).toEqual([]);
  });
});
