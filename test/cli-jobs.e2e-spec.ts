import { copyFile, rm } from 'node:fs/promises';
import { FaultProxy, makeClip, waitFor } from '@app/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ensureClientBundle } from '../scripts/client/client-bundle.mjs';
import { ClientMachine } from './support/client-process.js';
import { PacedFfmpeg } from './support/paced-ffmpeg.js';
import { ServiceUnderTest } from './support/service-under-test.js';

/** Slow enough to be interrupted during a transfer. */
const SLOW_BYTES_PER_SECOND = 20_000;

describe('jobs of the command-line client', () => {
  let ffmpeg: PacedFfmpeg;
  let service: ServiceUnderTest;
  let proxy: FaultProxy;
  let machine: ClientMachine;
  let clip: string;

  beforeAll(async () => {
    ffmpeg = await PacedFfmpeg.create();
    [service, clip] = await Promise.all([
      ServiceUnderTest.start({ env: { FFMPEG_PATH: ffmpeg.path } }),
      makeClip({ seconds: 8 }),
      ensureClientBundle(),
    ]);
    proxy = await FaultProxy.start('127.0.0.1', service.port);
  });
  afterAll(async () => {
    await proxy?.close();
    await service?.stop();
    await ffmpeg?.remove();
  });

  beforeEach(async () => {
    machine = await ClientMachine.create(`http://127.0.0.1:${proxy.port}`);
  });
  afterEach(async () => {
    proxy.throttle(undefined);
    await ffmpeg.speedUp();
    await machine.remove();
  });

  async function video(name: string): Promise<string> {
    await copyFile(clip, machine.path(name));
    return name;
  }

  const jobIdIn = (output: string): string => /\b[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}\b/.exec(output)?.[0] ?? '';

  describe('on Ctrl-C', () => {
    it('cancels the conversion and leaves no partial file; retried, the job is downloaded', async () => {
      await ffmpeg.slowDown();
      const client = machine.start([await video('a.mp4')]);
      await client.says('converting (job');
      client.signal('SIGINT');
      const { exitCode, output } = await client.ended;
      expect(exitCode).toBe(130);
      const jobId = jobIdIn(output);
      expect(output).toContain('stopped; its conversion was canceled');
      expect(await machine.files()).toEqual(['a.mp4']);
      expect((await machine.run('list', '--status', 'CANCELED')).output).toContain(`${jobId}  CANCELED`);
      await ffmpeg.speedUp();
      expect((await machine.run('retry', jobId)).output).toContain(`${jobId}  PENDING`);
      expect(await machine.run('download', jobId)).toMatchObject({ exitCode: 0 });
      await rm(machine.path('a.mp3'));

      proxy.throttle(SLOW_BYTES_PER_SECOND);
      const fetching = machine.start(['download', jobId]);
      await waitFor(() => machine.partBytes(), { what: 'the begin of the download' });
      fetching.signal('SIGTERM');
      expect((await fetching.ended).exitCode).toBe(143);
      expect(await machine.files()).toEqual(['a.mp4']);

      proxy.throttle(undefined);
      expect(await machine.run('download', jobId)).toMatchObject({ exitCode: 0 });
      expect(await machine.files()).toEqual(['a.mp3', 'a.mp4']);
    });
  });

  it('ends after the upload with --detach; its job is listed, canceled and deleted', async () => {
    await ffmpeg.slowDown();
    const detached = await machine.run('--detach', await video('a.mp4'));
    expect(detached).toMatchObject({ exitCode: 0, errors: '' });
    const jobId = jobIdIn(detached.output);
    expect(detached.output).toContain(`video-to-mp3 download ${jobId}`);
    expect(await machine.results('list', '--search', 'A.MP')).toMatchObject([{ id: jobId, exitCode: 0 }]);
    expect(await machine.results('cancel', jobId)).toMatchObject([{ id: jobId, status: 'CANCELED' }]);
    expect(await machine.results('delete', jobId)).toMatchObject([{ id: jobId, status: 'DELETED' }]);
    expect(await machine.results('status', jobId)).toMatchObject([{ error: 'not_found', exitCode: 1 }]);
    expect(await machine.files()).toEqual(['a.mp4']);
  });
});
