import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { access, chmod, constants, mkdir, opendir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pump } from '../pump.js';
import { storageUnavailable } from '../storage-errors.js';
import { isMissing, publishFile, syncFolder } from './file-moves.js';

/** The most bytes that are buffered while earlier ones are written; Node writes them with one call. */
const WRITE_BUFFER_BYTES = 2 * 1024 * 1024;

/** The folder for incomplete objects: on the file system of the store, with random names. */
export class IncomingFolder {
  private readonly path: string;

  constructor(root: string) {
    this.path = join(root, '.incoming');
  }

  async prepare(): Promise<void> {
    await mkdir(this.path, { recursive: true });
  }

  async check(): Promise<void> {
    await access(this.path, constants.W_OK | constants.X_OK);
  }

  /** Writes a body and gives it its name once it is complete and on disk. Otherwise leaves nothing. */
  async receive(body: Readable, finalPath: string, signal?: AbortSignal): Promise<{ sizeBytes: number }> {
    const path = join(this.path, randomUUID());
    try {
      const sink = createWriteStream(path, {
        flags: 'wx',
        mode: 0o640,
        flush: true,
        highWaterMark: WRITE_BUFFER_BYTES,
      });
      await pump(body, sink, signal);
      signal?.throwIfAborted();
      await this.publish(path, finalPath, sink.bytesWritten);
      return { sizeBytes: sink.bytesWritten };
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    }
  }

  /** Replaces a small file atomically: readers see either the old or the new content. */
  async replaceFile(finalPath: string, content: string): Promise<void> {
    const path = join(this.path, randomUUID());
    await writeFile(path, content, { flag: 'wx', mode: 0o640, flush: true });
    await rename(path, finalPath);
    await syncFolder(dirname(finalPath));
  }

  /** Removes abandoned files by the time of their last byte, so that slow uploads are kept. */
  async removeOlderThan(before: Date): Promise<number> {
    let removed = 0;
    for await (const entry of await opendir(this.path)) {
      const path = join(this.path, entry.name);
      try {
        if ((await stat(path)).mtime >= before) continue;
        await rm(path);
        removed += 1;
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
    }
    return removed;
  }

  private async publish(path: string, finalPath: string, expectedBytes: number): Promise<void> {
    try {
      const { size } = await stat(path);
      if (size !== expectedBytes) throw new Error(`Stored ${size} of ${expectedBytes} bytes`);
      // Readers can have links to it, so it becomes read-only.
      await chmod(path, 0o440);
      await publishFile(path, finalPath);
    } catch (error) {
      throw storageUnavailable(error);
    }
  }
}
