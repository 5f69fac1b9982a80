import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compareAudio, makeClip, testServices, type ClipRecipe } from '@app/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from './support/api-client.js';
import { ServiceUnderTest, type StorageKind } from './support/service-under-test.js';

/** Samples of each kind, compared with the audio of the source. formats.e2e-spec.ts tests every format. */
const CLIPS: Partial<ClipRecipe>[] = [
  { container: 'mp4', codec: 'aac', channels: 2 },
  { container: 'mp4-fragmented', codec: 'aac', channels: 1 },
  { container: 'mkv', codec: 'vorbis', channels: 1 },
  { container: 'webm', codec: 'opus', channels: 2, sampleRate: 48_000 },
  { container: 'webm-live', codec: 'opus', channels: 1, sampleRate: 48_000 },
];

const storages: StorageKind[] = ['directory', 'minio'];

describe.each(storages)('a conversion on %s storage', (storage) => {
  const isMissing = storage === 'minio' && testServices().minio === null;
  if (isMissing) console.warn('Skipped: MinIO is not installed.');

  describe.skipIf(isMissing)('through the whole service', () => {
    let service: ServiceUnderTest;
    let user: ApiClient;

    beforeAll(async () => {
      service = await ServiceUnderTest.start({ storage });
      user = await service.signIn();
    });
    afterAll(() => service?.stop());

    it.each(CLIPS)('keeps the audio of $container with $codec, $channels channel(s)', async (recipe) => {
      const source = await makeClip({ seconds: 5, ...recipe });
      const job = await user.ended((await user.upload(source)).id);
      expect(job).toMatchObject({ status: 'DONE', error: null, progress: 100, attempt: 1 });
      const mp3 = await user.download(job.id);
      expect(mp3.length).toBe(job.output_size);
      const path = join(service.folder, `${job.id}.mp3`);
      await writeFile(path, mp3);
      const sound = await compareAudio(source, path);
      expect(Math.abs(sound.durationDifferenceSeconds)).toBeLessThanOrEqual(0.1);
      expect(Math.abs(sound.lagMs)).toBeLessThanOrEqual(1);
      expect(sound.correlation).toBeGreaterThan(0.9);
    });

    it('copies MP3 audio, and keeps the title of the video', async () => {
      const source = await makeClip({ container: 'mkv', codec: 'mp3', extra: ['-metadata', 'title=Für Élise'] });
      const job = await user.ended((await user.upload(source)).id);
      expect(job).toMatchObject({ status: 'DONE', encoding: 'copied' });
      expect((await user.download(job.id)).includes(Buffer.from('\ufeffFür Élise', 'utf16le'))).toBe(true);
    });

    it('reports that a video has no audio', async () => {
      const job = await user.ended((await user.upload(await makeClip({ codec: 'none' }))).id);
      expect(job).toMatchObject({ status: 'FAILED', error: 'no_audio_stream', retryable: false });
      expect((await user.fetch(`/media/${job.id}/download`)).status).toBe(409);
    });
  });
});
