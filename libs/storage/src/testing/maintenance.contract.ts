import { randomUUID } from 'node:crypto';
import { expect, it, vi } from 'vitest';
import { outputKey } from '../object-keys.js';
import { partSizeBytes } from '../minio/part-plan.js';
import {
  bodyOf,
  bytesOf,
  expectNothingLeft,
  listAll,
  listKeys,
  newSourceKey,
  openBody,
  VIDEO,
  type StorageSubject,
} from './storage-subject.js';

const PAST = new Date(Date.now() - 3_600_000);
const FUTURE = new Date(Date.now() + 3_600_000);

export function describeMaintenance(current: () => StorageSubject, start: () => Promise<StorageSubject>): void {
  it('deletes an object, and accepts a missing one', async () => {
    const { storage } = current();
    const key = newSourceKey();
    await storage.write(key, bodyOf(bytesOf(100)), VIDEO);
    await storage.delete(key);
    await expect(storage.stat(key)).rejects.toMatchObject({ code: 'object_not_found' });
    await expect(storage.delete(key)).resolves.toBeUndefined();
  });

  it('lists objects by the prefix of their keys', async () => {
    const { storage } = current();
    const jobId = randomUUID();
    const source = newSourceKey();
    const outputs = [outputKey(jobId, 1, randomUUID()), outputKey(jobId, 2, randomUUID())];
    const other = outputKey(randomUUID(), 1, randomUUID());
    for (const key of [source, ...outputs, other]) await storage.write(key, bodyOf(bytesOf(10)), VIDEO);
    expect(await listKeys(storage, '')).toEqual([source, ...outputs, other].toSorted());
    expect(await listKeys(storage, 'source/')).toEqual([source]);
    expect(await listKeys(storage, `output/${jobId}/`)).toEqual(outputs.toSorted());
    expect(await listKeys(storage, source.slice(0, -3))).toEqual([source]);
    expect(await listKeys(storage, 'source/none')).toEqual([]);
  });

  it('lists objects with their dates', async () => {
    const { storage } = current();
    const before = Date.now() - 60_000;
    await storage.write(newSourceKey(), bodyOf(bytesOf(10)), VIDEO);
    const [object] = await listAll(storage, '');
    expect(object?.lastModified.getTime()).toBeGreaterThan(before);
    expect(object?.lastModified.getTime()).toBeLessThan(Date.now() + 60_000);
  });

  it('removes unfinished uploads, but not recent ones', async () => {
    const { storage, countIncomplete } = current();
    const body = openBody(partSizeBytes(1) + 100_000);
    const writing = storage.write(newSourceKey(), body, VIDEO).catch((error: unknown) => error);
    await vi.waitFor(async () => expect(await countIncomplete()).toBe(1), { timeout: 120_000 });
    expect(await listKeys(storage, '')).toEqual([]);
    expect(await storage.removeIncompleteUploads(PAST)).toBe(0);
    expect(await countIncomplete()).toBe(1);
    expect(await storage.removeIncompleteUploads(FUTURE)).toBe(1);
    body.end();
    expect(await writing).toMatchObject({ code: 'storage_unavailable' });
    await expectNothingLeft(current());
  });

  it('keeps the last identity, and does not list it', async () => {
    const { storage } = current();
    expect(await storage.readIdentity()).toBeNull();
    const identities = [randomUUID(), randomUUID()];
    for (const identity of identities) {
      await storage.writeIdentity(identity);
      expect(await storage.readIdentity()).toBe(identity);
    }
    expect(await listKeys(storage, '')).toEqual([]);
    await expectNothingLeft(current());
  });

  it('can be prepared repeatedly and in parallel', async () => {
    const { storage } = current();
    await Promise.all([storage.prepare(), storage.prepare()]);
    await expect(storage.check()).resolves.toBeUndefined();
  });

  it('separates two stores', async () => {
    const other = await start();
    try {
      await other.storage.write(newSourceKey(), bodyOf(bytesOf(10)), VIDEO);
      expect(await listKeys(current().storage, '')).toEqual([]);
    } finally {
      await other.stop();
    }
  });
}
