import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { expect } from 'vitest';
import { sourceKey } from '../object-keys.js';
import type { ListedObject, ObjectStorage } from '../object-storage.js';

/** An adapter under test, with its own bucket or folder. */
export interface StorageSubject {
  readonly storage: ObjectStorage;
  /** Returns the number of unfinished uploads in the store. */
  readonly countIncomplete: () => Promise<number>;
  stop(): Promise<void>;
}

export const VIDEO = { contentType: 'video/mp4' };

const CHUNK_BYTES = 64 * 1024;

export const newSourceKey = (): string => sourceKey(randomUUID());

/** Returns bytes without repetition, so that a misplaced part is detected. */
export function bytesOf(sizeBytes: number): Buffer {
  const bytes = Buffer.alloc(sizeBytes);
  for (let offset = 0; offset + 4 <= sizeBytes; offset += 4) bytes.writeUInt32LE(offset, offset);
  return bytes;
}

export function bodyOf(bytes: Buffer): Readable {
  return Readable.from(chunksOf(bytes), { objectMode: false });
}

/** A body that sends this many bytes and then falls silent, with the connection open. */
export function openBody(sizeBytes: number): PassThrough {
  const body = new PassThrough();
  for (const chunk of chunksOf(bytesOf(sizeBytes))) body.write(chunk);
  return body;
}

function* chunksOf(bytes: Buffer): Generator<Buffer> {
  for (let offset = 0; offset < bytes.length; offset += CHUNK_BYTES) yield bytes.subarray(offset, offset + CHUNK_BYTES);
}

export const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

export async function readAll(storage: ObjectStorage, key: string): Promise<Buffer> {
  return buffer(await storage.read(key));
}

export async function listAll(storage: ObjectStorage, prefix: string): Promise<ListedObject[]> {
  const objects: ListedObject[] = [];
  for await (const object of storage.list(prefix)) objects.push(object);
  return objects;
}

export async function listKeys(storage: ObjectStorage, prefix: string): Promise<string[]> {
  return (await listAll(storage, prefix)).map(({ key }) => key).toSorted();
}

export async function expectNothingLeft({ storage, countIncomplete }: StorageSubject): Promise<void> {
  expect(await listKeys(storage, '')).toEqual([]);
  expect(await countIncomplete()).toBe(0);
}

/** Creates a folder for one test. The test fails if other files than the named ones are left in it. */
export async function inFolder(action: (folder: string) => Promise<void>, expected: string[] = []): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'storage-'));
  try {
    await action(folder);
    expect(await readdir(folder)).toEqual(expected);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
