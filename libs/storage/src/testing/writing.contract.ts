import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { partSizeBytes } from '../minio/part-plan.js';
import {
  bodyOf,
  bytesOf,
  expectNothingLeft,
  inFolder,
  listKeys,
  newSourceKey,
  openBody,
  readAll,
  sha256,
  VIDEO,
  type StorageSubject,
} from './storage-subject.js';

const PART_BYTES = partSizeBytes(1);

export function describeWriting(current: () => StorageSubject): void {
  it.each([
    ['no bytes', 0],
    ['one byte', 1],
    ['a byte less than a part', PART_BYTES - 1],
    ['exactly one part', PART_BYTES],
    ['a byte more than a part', PART_BYTES + 1],
    ['exactly two parts', 2 * PART_BYTES],
    ['more than two parts', 2 * PART_BYTES + 12_345],
  ])('stores %s unchanged', async (_name, sizeBytes) => {
    const { storage, countIncomplete } = current();
    const key = newSourceKey();
    const bytes = bytesOf(sizeBytes);
    expect(await storage.write(key, bodyOf(bytes), VIDEO)).toEqual({ sizeBytes });
    expect((await storage.stat(key)).sizeBytes).toBe(sizeBytes);
    expect(sha256(await readAll(storage, key))).toBe(sha256(bytes));
    expect(await countIncomplete()).toBe(0);
  });

  it('accepts chunks that are larger or smaller than a part', async () => {
    const { storage } = current();
    const key = newSourceKey();
    const bytes = bytesOf(3 * PART_BYTES);
    const cuts = [0, 7, PART_BYTES + 9, PART_BYTES + 10, bytes.length];
    const chunks = cuts.slice(1).map((end, index) => bytes.subarray(cuts[index], end));
    await storage.write(key, Readable.from(chunks, { objectMode: false }), VIDEO);
    expect(sha256(await readAll(storage, key))).toBe(sha256(bytes));
  });

  it('waits for a slow body', async () => {
    const { storage } = current();
    const key = newSourceKey();
    const slowly = async function* (): AsyncGenerator<Buffer> {
      for (const letter of 'slow but honest') {
        await nextTurn();
        yield Buffer.from(letter);
      }
    };
    await storage.write(key, Readable.from(slowly(), { objectMode: false }), VIDEO);
    expect((await readAll(storage, key)).toString()).toBe('slow but honest');
  });

  it('does not mix parallel uploads', async () => {
    const { storage } = current();
    const uploads = Array.from({ length: 5 }, (_, index) => ({
      key: newSourceKey(),
      bytes: bytesOf(PART_BYTES + 1_000 * index),
    }));
    await Promise.all(uploads.map(({ key, bytes }) => storage.write(key, bodyOf(bytes), VIDEO)));
    for (const { key, bytes } of uploads) expect(sha256(await readAll(storage, key))).toBe(sha256(bytes));
  });

  it('stores a local file', async () => {
    const { storage } = current();
    const key = newSourceKey();
    const bytes = bytesOf(PART_BYTES + 5);
    await inFolder(
      async (folder) => {
        await writeFile(join(folder, 'out.mp3'), bytes);
        const stored = await storage.writeFile(key, join(folder, 'out.mp3'), { contentType: 'audio/mpeg' });
        expect(stored).toEqual({ sizeBytes: bytes.length });
      },
      ['out.mp3'],
    );
    expect(sha256(await readAll(storage, key))).toBe(sha256(bytes));
  });

  it.each(['', 'source/', 'source/../source/x', '../outside', 'source/ABC', 'output/x.mp3', '/etc/passwd'])(
    'rejects the key %j',
    async (key) => {
      const { storage } = current();
      await expect(storage.write(key, bodyOf(bytesOf(10)), VIDEO)).rejects.toMatchObject({ code: 'internal_error' });
      await expect(storage.read(key)).rejects.toMatchObject({ code: 'internal_error' });
      await expect(storage.delete(key)).rejects.toMatchObject({ code: 'internal_error' });
    },
  );
}

const FAULT_AFTER = [
  ['at once', 0],
  ['within the first part', 200_000],
  ['within the third part', 2 * PART_BYTES + 200_000],
] as const;

export function describeFailedWrites(current: () => StorageSubject): void {
  it.each(FAULT_AFTER)('throws the error of a body that fails %s, and leaves no object', async (_name, sizeBytes) => {
    const body = openBody(sizeBytes);
    const fault = new Error('The sender went away');
    const writing = current().storage.write(newSourceKey(), body, VIDEO);
    await Promise.all([expect(writing).rejects.toBe(fault), untilConsumed(body).then(() => body.destroy(fault))]);
    await expectNothingLeft(current());
  });

  it.each(FAULT_AFTER)('rejects a body that is destroyed %s, and leaves no object', async (_name, sizeBytes) => {
    const body = openBody(sizeBytes);
    const writing = current().storage.write(newSourceKey(), body, VIDEO);
    await Promise.all([
      expect(writing).rejects.toMatchObject({ code: 'ERR_STREAM_PREMATURE_CLOSE' }),
      untilConsumed(body).then(() => body.destroy()),
    ]);
    await expectNothingLeft(current());
  });

  it.each(FAULT_AFTER)(
    'rejects with the reason of a signal that aborts %s, and leaves no object',
    async (_name, sizeBytes) => {
      const body = openBody(sizeBytes);
      const abort = new AbortController();
      const reason = new Error('Enough');
      const writing = current().storage.write(newSourceKey(), body, { ...VIDEO, signal: abort.signal });
      await Promise.all([expect(writing).rejects.toBe(reason), untilConsumed(body).then(() => abort.abort(reason))]);
      expect(body.destroyed).toBe(false);
      await expectNothingLeft(current());
    },
  );

  it('does not start if the signal is already aborted', async () => {
    const reason = new Error('Too late');
    const options = { ...VIDEO, signal: AbortSignal.abort(reason) };
    await expect(current().storage.write(newSourceKey(), bodyOf(bytesOf(100)), options)).rejects.toBe(reason);
    await expectNothingLeft(current());
  });

  it('rejects a body that is already destroyed', async () => {
    const body = new PassThrough();
    body.destroy();
    await expect(current().storage.write(newSourceKey(), body, VIDEO)).rejects.toThrow();
    await expectNothingLeft(current());
  });

  it('reports a missing local file', async () => {
    const { storage } = current();
    await inFolder(async (folder) => {
      const writing = storage.writeFile(newSourceKey(), join(folder, 'none'), VIDEO);
      await expect(writing).rejects.toMatchObject({ code: 'storage_unavailable', cause: { code: 'ENOENT' } });
    });
    expect(await listKeys(storage, '')).toEqual([]);
  });
}

/** Waits until the store has received the bytes so far, so that the failure hits it between or within its requests. */
async function untilConsumed(body: PassThrough): Promise<void> {
  while (body.readableLength + body.writableLength > 0) await nextTurn();
}
