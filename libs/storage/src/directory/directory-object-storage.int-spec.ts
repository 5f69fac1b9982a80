import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { outputKey } from '../object-keys.js';
import { describeObjectStorage } from '../testing/object-storage.contract.js';
import {
  bodyOf,
  bytesOf,
  inFolder,
  listKeys,
  newSourceKey,
  sha256,
  VIDEO,
  type StorageSubject,
} from '../testing/storage-subject.js';
import { DirectoryObjectStorage } from './directory-object-storage.js';

interface DirectorySubject extends StorageSubject {
  readonly directory: string;
}

async function start(directory: string): Promise<DirectorySubject> {
  const storage = new DirectoryObjectStorage(directory);
  await storage.prepare();
  return {
    directory,
    storage,
    countIncomplete: async () => (await readdir(join(directory, '.incoming'))).length,
    stop: () => rm(directory, { recursive: true, force: true }),
  };
}

async function startInTemporaryFolder(): Promise<DirectorySubject> {
  return start(await mkdtemp(join(tmpdir(), 'objects-')));
}

async function startForTest(): Promise<DirectorySubject> {
  const subject = await startInTemporaryFolder();
  onTestFinished(() => subject.stop());
  return subject;
}

describe('DirectoryObjectStorage', () => {
  describeObjectStorage(startInTemporaryFolder);

  it('names the folder that cannot be created, and does not ask to retry', async () => {
    const { directory } = await startForTest();
    const file = join(directory, 'file');
    await writeFile(file, '');
    await expect(new DirectoryObjectStorage(join(file, 'objects')).prepare()).rejects.toMatchObject({
      code: 'configuration_invalid',
      message: expect.stringMatching(
        /^The folder .*file\/objects cannot be created or written .*STORAGE_DIRECTORY/,
      ) as string,
    });
  });

  it('gives the worker a hard link to a read-only file', async () => {
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

  it('never overwrites an object, even from another process', async () => {
    const { storage, directory, countIncomplete } = await startForTest();
    const key = newSourceKey();
    const other = new DirectoryObjectStorage(directory);
    const writes = [storage, other].map((writer) => writer.write(key, bodyOf(bytesOf(1_000)), VIDEO));
    const results = await Promise.allSettled(writes);
    expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect((await storage.stat(key)).sizeBytes).toBe(1_000);
    expect(await countIncomplete()).toBe(0);
  });

  it('stores an output while deletes keep removing its empty folder', async () => {
    const { storage, directory } = await startForTest();
    const jobId = randomUUID();
    const keys = Array.from({ length: 10 }, () => outputKey(jobId, 1, randomUUID()));
    let isWriting = true;
    const deleting = (async () => {
      while (isWriting) await storage.delete(outputKey(jobId, 2, randomUUID()));
    })();
    for (const key of keys) {
      await storage.write(key, bodyOf(bytesOf(10)), VIDEO);
      expect((await storage.stat(key)).sizeBytes).toBe(10);
      await storage.delete(key);
    }
    isWriting = false;
    await deleting;
    expect(await readdir(join(directory, 'output'))).toEqual([]);
  });

  it('reports a missing folder as an unavailable store, not as missing objects', async () => {
    const { storage, directory } = await startForTest();
    await rm(directory, { recursive: true });
    const unavailable = { code: 'storage_unavailable', retryable: true };
    const error: unknown = await storage.check().catch((reason: unknown) => reason);
    // Readiness shows the message to everyone; the log has the cause.
    expect(error).toMatchObject({ ...unavailable, message: expect.not.stringContaining(directory) });
    expect(String((error as Error).cause)).toContain(directory);
    await expect(storage.stat(newSourceKey())).rejects.toMatchObject(unavailable);
    await expect(storage.read(newSourceKey())).rejects.toMatchObject(unavailable);
    await expect(storage.write(newSourceKey(), bodyOf(bytesOf(10)), VIDEO)).rejects.toMatchObject(unavailable);
  });

  describe('on a small separate disk', () => {
    let subject: DirectorySubject | null = null;
    beforeEach(async ({ skip }) => {
      const disk = await mountSmallDisk();
      if (disk === null) {
        console.warn('SKIPPED: tests of DirectoryObjectStorage on a full disk, because this user cannot mount one.');
        return skip();
      }
      subject = await start(disk.path);
      onTestFinished(disk.unmount);
    });

    it('reports a full disk and leaves nothing on it', async () => {
      const { storage, countIncomplete } = subject as DirectorySubject;
      const unavailable = { code: 'storage_unavailable', retryable: true, cause: { code: 'ENOSPC' } };
      const body = bodyOf(bytesOf(SMALL_DISK_BYTES + 1));
      await expect(storage.write(newSourceKey(), body, VIDEO)).rejects.toMatchObject(unavailable);
      expect(await listKeys(storage, '')).toEqual([]);
      expect(await countIncomplete()).toBe(0);
    });

    it('copies an object to another disk, because a link is not possible', async () => {
      const { storage } = subject as DirectorySubject;
      const key = newSourceKey();
      const bytes = bytesOf(300_000);
      await storage.write(key, bodyOf(bytes), VIDEO);
      await inFolder(
        async (folder) => {
          const fetchedBytes = bytes.length;
          const copy = { sizeBytes: bytes.length, fetchedBytes, requests: 1, isSparse: false };
          expect(await storage.fetchToFile(key, join(folder, 'source'))).toEqual(copy);
          expect(sha256(await readFile(join(folder, 'source')))).toBe(sha256(bytes));
        },
        ['source'],
      );
    });
  });
});

const SMALL_DISK_BYTES = 1024 * 1024;

async function mountSmallDisk(): Promise<{ path: string; unmount: () => Promise<void> } | null> {
  const run = promisify(execFile);
  const path = await mkdtemp(join(tmpdir(), 'small-disk-'));
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${SMALL_DISK_BYTES}`, 'tmpfs', path]);
  } catch {
    await rm(path, { recursive: true });
    return null;
  }
  return {
    path,
    unmount: async () => {
      await run('umount', [path]);
      await rm(path, { recursive: true });
    },
  };
}
