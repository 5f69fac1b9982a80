import { rm } from 'node:fs/promises';
import { waitFor } from '@app/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ClientScene, SLOW_BYTES_PER_SECOND } from './support/client-scene.js';

describe('jobs of the command-line client', () => {
  let scene: ClientScene;

  beforeAll(async () => {
    scene = await ClientScene.start();
  });
  afterAll(() => scene?.stop());
  beforeEach(() => scene.beginTest());
  afterEach(() => scene.endTest());

  const video = (name: string): Promise<string> => scene.video(name);

  const jobIdIn = (output: string): string => /\b[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}\b/.exec(output)?.[0] ?? '';

  describe('on Ctrl-C', () => {
    it('cancels the conversion and leaves no partial file; retried, the job is downloaded', async () => {
      await scene.ffmpeg.slowDown();
      const client = scene.machine.start([await video('a.mp4')]);
      await client.says('converting (job');
      client.signal('SIGINT');
      const { exitCode, output } = await client.ended;
      expect(exitCode).toBe(130);
      const jobId = jobIdIn(output);
      expect(output).toContain('stopped; its conversion was canceled');
      expect(await scene.machine.files()).toEqual(['a.mp4']);
      expect((await scene.machine.run('list', '--status', 'CANCELED')).output).toContain(`${jobId}  CANCELED`);
      await scene.ffmpeg.speedUp();
      expect((await scene.machine.run('retry', jobId)).output).toContain(`${jobId}  PENDING`);
      expect(await scene.machine.run('download', jobId)).toMatchObject({ exitCode: 0 });
      await rm(scene.machine.path('a.mp3'));

      scene.proxy.throttle(SLOW_BYTES_PER_SECOND);
      const fetching = scene.machine.start(['download', jobId]);
      await waitFor(() => scene.machine.partBytes(), { what: 'the begin of the download' });
      fetching.signal('SIGTERM');
      expect((await fetching.ended).exitCode).toBe(143);
      expect(await scene.machine.files()).toEqual(['a.mp4']);

      scene.proxy.throttle(undefined);
      expect(await scene.machine.run('download', jobId)).toMatchObject({ exitCode: 0 });
      expect(await scene.machine.files()).toEqual(['a.mp3', 'a.mp4']);
    });
  });

  it('ends after the upload with --detach; its job is listed, canceled and deleted', async () => {
    await scene.ffmpeg.slowDown();
    const detached = await scene.machine.run('--detach', await video('a.mp4'));
    expect(detached).toMatchObject({ exitCode: 0, errors: '' });
    const jobId = jobIdIn(detached.output);
    expect(detached.output).toContain(`video-to-mp3 download ${jobId}`);
    expect(await scene.machine.results('list', '--search', 'A.MP')).toMatchObject([{ id: jobId, exitCode: 0 }]);
    expect(await scene.machine.results('cancel', jobId)).toMatchObject([{ id: jobId, status: 'CANCELED' }]);
    expect(await scene.machine.results('delete', jobId)).toMatchObject([{ id: jobId, status: 'DELETED' }]);
    expect(await scene.machine.results('status', jobId)).toMatchObject([{ error: 'not_found', exitCode: 1 }]);
    expect(await scene.machine.files()).toEqual(['a.mp4']);
  });
});
