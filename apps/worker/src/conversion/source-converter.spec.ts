import { access, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DomainError, type FailureCode } from '@app/domain';
import type { FetchedFile, FetchOptions, ObjectStorage } from '@app/storage';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeTranscoder, fails, succeeds } from '../../test/fake-transcoder.js';
import { largeFile, movie, track } from '../../test/large-movie.js';
import { ConversionEnv } from './conversion.env.js';
import { SourceConverter } from './source-converter.js';

const KEY = 'source/0b8a7f1e-9c3d-4e5f-8a6b-1c2d3e4f5a6b';

describe('SourceConverter', () => {
  let folder: string;
  let transcoder: FakeTranscoder;
  let stop: AbortController;
  const fetchToFile = vi.fn<ObjectStorage['fetchToFile']>();
  const storage = { fetchToFile } as Partial<ObjectStorage> as ObjectStorage;
  beforeEach(async () => {
    Logger.overrideLogger(false);
    folder = await mkdtemp(join(tmpdir(), 'converter-'));
    transcoder = new FakeTranscoder();
    stop = new AbortController();
    // A store in front of a large movie.
    fetchToFile.mockReset().mockImplementation(async (_key, path, { select }: FetchOptions = {}) => {
      const ranges = (await select?.(largeFile(movie(track())))) ?? null;
      await writeFile(path, ranges === null ? 'all' : 'some', { flag: 'wx' });
      return fetched(ranges !== null);
    });
  });
  afterEach(() => rm(folder, { recursive: true }));

  const convert = (mode: 'on' | 'off' = 'on') => {
    const env = Object.assign(new ConversionEnv(), { SPARSE_FETCH: mode });
    return new SourceConverter(storage, transcoder, env).convert(KEY, {
      sourcePath: join(folder, 'source'),
      outputPath: join(folder, 'output.mp3'),
      signal: stop.signal,
      onProgress: () => undefined,
    });
  };
  const modes = (): boolean[] => fetchToFile.mock.calls.map(([, , options]) => options?.select !== undefined);

  it('converts a source of which it fetched only the audio', async () => {
    transcoder.next(succeeds('the audio'));
    expect(await convert()).toMatchObject({ sizeBytes: 9 });
    expect(modes()).toEqual([true]);
    expect((await fetchToFile.mock.results[0]?.value) as FetchedFile).toMatchObject({ isSparse: true });
  });

  it('fetches every source as a whole if it is told so', async () => {
    transcoder.next(succeeds());
    await convert('off');
    expect(modes()).toEqual([false]);
  });

  it.each<FailureCode>(['no_audio_stream', 'unsupported_format', 'corrupt_source', 'encrypted_media', 'ffmpeg_failed'])(
    'fetches the whole source if the audio ends in %s, and only then decides',
    async (code) => {
      transcoder.next(fails(code), succeeds('the audio'));
      expect(await convert()).toMatchObject({ sizeBytes: 9 });
      transcoder.next(fails(code), fails(code));
      await rm(join(folder, 'source'));
      await expect(convert()).rejects.toMatchObject({ code });
      expect(modes()).toEqual([true, false, true, false]);
    },
  );

  it.each<FailureCode>(['too_long', 'timed_out', 'resource_limit'])('does not repeat %s', async (code) => {
    transcoder.next(fails(code));
    await expect(convert()).rejects.toMatchObject({ code });
    expect(modes()).toEqual([true]);
  });

  it('does not repeat the failure of a whole source', async () => {
    transcoder.next(fails('corrupt_source'));
    await expect(convert('off')).rejects.toMatchObject({ code: 'corrupt_source' });
    expect(modes()).toEqual([false]);
  });

  it('reports a range that cannot be fetched as a failed download, which is retried', async () => {
    const cause = new DomainError('storage_unavailable');
    fetchToFile.mockRejectedValue(cause);
    await expect(convert()).rejects.toMatchObject({ code: 'storage_download_failed', cause });
  });

  it('fetches nothing more after an abort', async () => {
    const reason = new Error('Enough');
    transcoder.next(async () => {
      stop.abort(reason);
      return fails('corrupt_source')({} as never);
    });
    await expect(convert()).rejects.toBe(reason);
    expect(modes()).toEqual([true]);
    await access(join(folder, 'source'));
  });
});

function fetched(isSparse: boolean): FetchedFile {
  return { sizeBytes: 4, fetchedBytes: 4, requests: 1, isSparse };
}
