import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { describeObjectStorage } from '../testing/object-storage.contract.js';
import { bodyOf, bytesOf, inFolder, newSourceKey, VIDEO, type StorageSubject } from '../testing/storage-subject.js';
import { DirectoryObjectStorage } from './directory-object-storage.js';

interface DirectorySubject extends StorageSubject {
  readonly directory: string;
}

async function start(): Promise<DirectorySubject> {
  const directory = await mkdtemp(join(tmpdir(), 'objects-'));
  const storage = new DirectoryObjectStorage(directory);
  await storage.prepare();
  return {
    directory,
    storage,
    countIncomplete: async () => (await readdir(join(directory, '.incoming'))).length,
    stop: () => rm(directory, { recursive: true, force: true }),
  };
}

async function startForTest(): Promise<DirectorySubject> {
  const subject = await start();
  onTestFinished(() => subject.stop());
  return subject;
}

describe('DirectoryObjectStorage', () => {
  describeObjectStorage(start);

  it('gives the worker a hard link to a file that nobody may write to', async () => {
    const { storage, directory } = await startForTest();
    const key = newSourceKey();
    await storage.write(key, bodyOf(bytesOf(1_000)), VIDEO);
    await inFolder(
      async (folder) => {
        await storage.fetchToFile(key, join(folder, 'source'));
        const [stored, fetched] = [await stat(join(directory, key)), await stat(join(folder, 'source'))];
        expect(fetched.ino).toBe(stored.ino);
        expect(stored.mode & 0o777).toBe(0o440);
      },
      ['source'],
    );
  });

  it('never writes over an object, even from another process', async () => {
    const { storage, directory, countIncomplete } = await startForTest();
    const key = newSourceKey();
    const other = new DirectoryObjectStorage(directory);
    const writes = [storage, other].map((writer) => writer.write(key, bodyOf(bytesOf(1_000)), VIDEO));
    const results = await Promise.allSettled(writes);
    expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect((await storage.stat(key)).sizeBytes).toBe(1_000);
    expect(await countIncomplete()).toBe(0);
  });

  it('takes the folder of a deleted output away while another output arrives', async () => {
    const { storage } = await startForTest();
    const jobId = 'aaaaaaaa-0000-4000-8000-000000000000';
    const key = (n: number): string => `output/${jobId}/${n}-bbbbbbbb-0000-4000-8000-000000000000.mp3`;
    await storage.write(key(0), bodyOf(bytesOf(10)), VIDEO);
    for (let n = 1; n < 50; n += 1) {
      await Promise.all([storage.delete(key(n - 1)), storage.write(key(n), bodyOf(bytesOf(10)), VIDEO)]);
    }
    expect((await storage.stat(key(49))).sizeBytes).toBe(10);
  });

  it('reports a folder that is gone as an unusable store, not as missing objects', async () => {
    const { storage, directory } = await startForTest();
    await rm(directory, { recursive: true });
    const refusal = { code: 'storage_unavailable', retryable: true };
    await expect(storage.check()).rejects.toMatchObject({ ...refusal, message: expect.stringContaining(directory) });
    await expect(storage.stat(newSourceKey())).rejects.toMatchObject(refusal);
    await expect(storage.read(newSourceKey())).rejects.toMatchObject(refusal);
    await expect(storage.write(newSourceKey(), bodyOf(bytesOf(10)), VIDEO)).rejects.toMatchObject(refusal);
  });
});
