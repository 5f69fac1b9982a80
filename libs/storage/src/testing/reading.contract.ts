import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { once } from 'node:events';
import { beforeEach, expect, it } from 'vitest';
import { partSizeBytes } from '../minio/part-plan.js';
import {
  bodyOf,
  bytesOf,
  inFolder,
  newSourceKey,
  readAll,
  sha256,
  VIDEO,
  type StorageSubject,
} from './storage-subject.js';

const SIZE_BYTES = partSizeBytes(1) + 100_000;

export function describeReading(current: () => StorageSubject): void {
  const bytes = bytesOf(SIZE_BYTES);
  let key: string;
  beforeEach(async () => {
    key = newSourceKey();
    await current().storage.write(key, bodyOf(bytes), VIDEO);
  });

  it.each([
    ['the first byte', 0, 0],
    ['the beginning', 0, 999],
    ['the middle, across a boundary of parts', partSizeBytes(1) - 10, partSizeBytes(1) + 10],
    ['the last byte', SIZE_BYTES - 1, SIZE_BYTES - 1],
    ['all of it', 0, SIZE_BYTES - 1],
  ])('gives %s', async (_name, start, end) => {
    const range = await buffer(await current().storage.read(key, { start, end }));
    expect(range.equals(bytes.subarray(start, end + 1))).toBe(true);
  });

  it('shortens a range that ends after the object', async () => {
    const range = await buffer(await current().storage.read(key, { start: SIZE_BYTES - 5, end: SIZE_BYTES + 5 }));
    expect(range.equals(bytes.subarray(-5))).toBe(true);
  });

  it('rejects a range that starts after the object', async () => {
    const reading = current().storage.read(key, { start: SIZE_BYTES, end: SIZE_BYTES + 5 });
    await expect(reading).rejects.toMatchObject({ code: 'range_not_satisfiable' });
  });

  it('distinguishes a missing object from an unavailable store', async () => {
    const { storage } = current();
    const missing = newSourceKey();
    const notFound = { code: 'object_not_found', retryable: false };
    await expect(storage.stat(missing)).rejects.toMatchObject(notFound);
    await expect(storage.read(missing)).rejects.toMatchObject(notFound);
    await inFolder(async (folder) => {
      await expect(storage.fetchToFile(missing, join(folder, 'source'))).rejects.toMatchObject(notFound);
    });
  });

  it('has one etag for an object, and another for another object', async () => {
    const { storage } = current();
    const other = newSourceKey();
    await storage.write(other, bodyOf(bytesOf(SIZE_BYTES - 4)), VIDEO);
    const [first, again, another] = [await storage.stat(key), await storage.stat(key), await storage.stat(other)];
    expect(first).toEqual(again);
    expect(first.etag).toMatch(/^[\w-]+$/);
    expect(another.etag).not.toBe(first.etag);
  });

  it('allows a reader to stop early', async () => {
    const { storage } = current();
    const body = await storage.read(key);
    await once(body, 'readable');
    body.destroy();
    await once(body, 'close');
    expect(sha256(await readAll(storage, key))).toBe(sha256(bytes));
  });

  describeFetching(current, () => ({ key, bytes }));
}

function describeFetching(current: () => StorageSubject, stored: () => { key: string; bytes: Buffer }): void {
  it('copies an object to a local path, where the file outlives the object', async () => {
    const { storage } = current();
    const { key, bytes } = stored();
    await inFolder(
      async (folder) => {
        const path = join(folder, 'source');
        expect(await storage.fetchToFile(key, path)).toMatchObject({ sizeBytes: bytes.length, isSparse: false });
        await storage.delete(key);
        expect(sha256(await readFile(path))).toBe(sha256(bytes));
      },
      ['source'],
    );
  });

  it('copies an empty object', async () => {
    const { storage } = current();
    const empty = newSourceKey();
    await storage.write(empty, bodyOf(Buffer.alloc(0)), VIDEO);
    await inFolder(
      async (folder) => {
        expect((await storage.fetchToFile(empty, join(folder, 'source'))).sizeBytes).toBe(0);
        expect((await readFile(join(folder, 'source'))).length).toBe(0);
      },
      ['source'],
    );
  });

  it('never overwrites a local file', async () => {
    const { storage } = current();
    await inFolder(
      async (folder) => {
        const path = join(folder, 'mine');
        await writeFile(path, 'mine');
        const exists = { code: 'storage_unavailable', cause: { code: 'EEXIST' } };
        await expect(storage.fetchToFile(stored().key, path)).rejects.toMatchObject(exists);
        expect(await readFile(path, 'utf8')).toBe('mine');
      },
      ['mine'],
    );
  });

  it('leaves no local file if it is aborted', async () => {
    const { storage } = current();
    const reason = new Error('Enough');
    await inFolder(async (folder) => {
      const signal = AbortSignal.abort(reason);
      const fetching = storage.fetchToFile(stored().key, join(folder, 'source'), { signal });
      await expect(fetching).rejects.toBe(reason);
    });
  });

  it('reports a missing local folder', async () => {
    const { storage } = current();
    await inFolder(async (folder) => {
      const fetching = storage.fetchToFile(stored().key, join(folder, 'none', 'source'));
      await expect(fetching).rejects.toMatchObject({ code: 'storage_unavailable', cause: { code: 'ENOENT' } });
    });
  });
}
