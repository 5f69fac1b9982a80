import { open, rm } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { storageUnavailable } from './storage-errors.js';

const WRITE_BUFFER_BYTES = 512 * 1024;

/** Writes a body to a file that must not exist yet. On failure, no file is left and an existing one is unchanged. */
export async function saveToFile(
  body: Readable,
  path: string,
  expectedBytes: number,
  signal?: AbortSignal,
): Promise<{ sizeBytes: number }> {
  let file;
  try {
    file = await open(path, 'wx', 0o440);
  } catch (error) {
    body.destroy();
    throw storageUnavailable(error);
  }
  try {
    const sink = file.createWriteStream({ highWaterMark: WRITE_BUFFER_BYTES });
    await pipeline(body, sink, { signal });
    if (sink.bytesWritten !== expectedBytes) {
      throw new Error(`Saved ${sink.bytesWritten} of ${expectedBytes} bytes`);
    }
  } catch (error) {
    await rm(path, { force: true });
    signal?.throwIfAborted();
    throw storageUnavailable(error);
  }
  return { sizeBytes: expectedBytes };
}
