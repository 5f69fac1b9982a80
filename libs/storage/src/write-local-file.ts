import { open, type FileHandle } from 'node:fs/promises';
import type { ObjectStorage, WriteOptions } from './object-storage.js';
import { storageUnavailable } from './storage-errors.js';

const READ_BUFFER_BYTES = 256 * 1024;

/** Stores a local file with `write` and compares the stored size with the file. */
export async function writeLocalFile(
  storage: Pick<ObjectStorage, 'write' | 'delete'>,
  key: string,
  path: string,
  options: WriteOptions,
): Promise<{ sizeBytes: number }> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'r');
    const body = file.createReadStream({ highWaterMark: READ_BUFFER_BYTES, autoClose: false });
    const stored = await storage.write(key, body, options);
    const { size } = await file.stat();
    if (size !== stored.sizeBytes) {
      await storage.delete(key);
      throw new Error(`Stored ${stored.sizeBytes} bytes of a file of ${size}`);
    }
    return stored;
  } catch (error) {
    options.signal?.throwIfAborted();
    throw storageUnavailable(error);
  } finally {
    await file?.close();
  }
}
