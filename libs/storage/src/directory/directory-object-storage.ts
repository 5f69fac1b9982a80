import { mkdir, open, readFile, rmdir, stat, unlink, type FileHandle } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { DomainError } from '@app/domain';
import { PART_BYTES } from '../download/byte-ranges.js';
import { downloadToFile } from '../download/download-to-file.js';
import type { RangedSource } from '../download/ranged-source.js';
import { assertObjectKey, IDENTITY_NAME, OUTPUT_PREFIX, SOURCE_PREFIX } from '../object-keys.js';
import {
  ObjectStorage,
  type ByteRange,
  type FetchedFile,
  type FetchOptions,
  type ListedObject,
  type ObjectStat,
  type WriteOptions,
} from '../object-storage.js';
import { objectNotFound, storageMisconfigured, storageUnavailable } from '../storage-errors.js';
import { VerifiedBody } from '../verified-body.js';
import { writeLocalFile } from '../write-local-file.js';
import { isMissing, syncFolder, tryLink } from './file-moves.js';
import { IncomingFolder } from './incoming-folder.js';
import { listObjects } from './list-objects.js';

const STALL_TIMEOUT_MS = 30_000;
const CHECK_TIMEOUT_MS = 5_000;
/** Errors that need other permissions or another setting. */
const PERMANENT_ERRORS = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST']);

/** Stores objects as files in one folder, which several processes can share. The file of an object never changes. */
export class DirectoryObjectStorage extends ObjectStorage {
  private readonly root: string;
  private readonly incoming: IncomingFolder;
  private bytesPerSecond: number | null = null;

  constructor(directory: string) {
    super();
    this.root = resolve(directory);
    this.incoming = new IncomingFolder(this.root);
  }

  async write(key: string, body: Readable, { signal }: WriteOptions): Promise<{ sizeBytes: number }> {
    return this.incoming.receive(body, this.pathOf(key), signal);
  }

  async writeFile(key: string, path: string, options: WriteOptions): Promise<{ sizeBytes: number }> {
    return writeLocalFile(this, key, path, options);
  }

  async stat(key: string): Promise<ObjectStat> {
    try {
      const { size, mtime, mtimeMs, ino } = await stat(this.pathOf(key));
      const etag = [ino, size, Math.trunc(mtimeMs)].map((number) => number.toString(16)).join('-');
      return { sizeBytes: size, etag, lastModified: mtime };
    } catch (error) {
      throw await this.explain(error);
    }
  }

  async read(key: string, range?: ByteRange): Promise<Readable> {
    return this.open(key, range);
  }

  async fetchToFile(key: string, path: string, options: FetchOptions = {}): Promise<FetchedFile> {
    options.signal?.throwIfAborted();
    const { sizeBytes } = await this.stat(key);
    try {
      if (await tryLink(this.pathOf(key), path)) return { sizeBytes, fetchedBytes: 0, requests: 0, isSparse: false };
    } catch (error) {
      // The object existed a moment ago, so the folder of `path` is missing.
      throw storageUnavailable(error);
    }
    return downloadToFile(this.rangedSource(key, sizeBytes), path, options);
  }

  async delete(key: string): Promise<void> {
    const path = this.pathOf(key);
    try {
      await unlink(path);
    } catch (error) {
      if (!isMissing(error)) throw storageUnavailable(error);
    }
    // Removes the folder with the last output of the job; rmdir fails while it contains others.
    if (key.startsWith(OUTPUT_PREFIX)) await rmdir(dirname(path)).catch(() => undefined);
  }

  async *list(prefix: string): AsyncIterable<ListedObject> {
    try {
      yield* listObjects(this.root, prefix);
    } catch (error) {
      throw storageUnavailable(error);
    }
  }

  async readIdentity(): Promise<string | null> {
    try {
      return (await readFile(join(this.root, IDENTITY_NAME), 'utf8')).trim();
    } catch (error) {
      if (isMissing(error)) return null;
      throw storageUnavailable(error);
    }
  }

  async writeIdentity(identity: string): Promise<void> {
    try {
      await this.incoming.replaceFile(join(this.root, IDENTITY_NAME), `${identity}\n`);
    } catch (error) {
      throw storageUnavailable(error);
    }
  }

  async removeIncompleteUploads(before: Date): Promise<number> {
    try {
      return await this.incoming.removeOlderThan(before);
    } catch (error) {
      throw storageUnavailable(error);
    }
  }

  async prepare(): Promise<void> {
    try {
      await this.incoming.prepare();
      for (const prefix of [SOURCE_PREFIX, OUTPUT_PREFIX]) await mkdir(join(this.root, prefix), { recursive: true });
      await syncFolder(this.root);
    } catch (error) {
      if (!PERMANENT_ERRORS.has((error as NodeJS.ErrnoException).code ?? '')) throw storageUnavailable(error);
      const message = `The folder ${this.root} cannot be created or written (${(error as Error).message}): check STORAGE_DIRECTORY and its owner.`;
      throw storageMisconfigured(message, error);
    }
  }

  async check(): Promise<void> {
    try {
      await withinBound(this.incoming.check());
    } catch (error) {
      // Without the path, because readiness shows the message to everyone; the log has the cause.
      const message = 'The storage folder is missing or cannot be written: check STORAGE_DIRECTORY.';
      throw new DomainError('storage_unavailable', { message, cause: error });
    }
  }

  /** For a file on another disk, such as a network file system. */
  private rangedSource(key: string, sizeBytes: number): RangedSource {
    return {
      sizeBytes,
      head: { start: 0, end: Math.min(sizeBytes, PART_BYTES) - 1 },
      roundTripMs: 0,
      bytesPerSecond: this.bytesPerSecond,
      open: (range) => this.open(key, range),
      retry: (step) => step(),
      onMeasured: (bytesPerSecond) => void (this.bytesPerSecond = bytesPerSecond),
    };
  }

  private async open(key: string, range?: ByteRange): Promise<Readable> {
    let file: FileHandle | undefined;
    try {
      file = await open(this.pathOf(key), 'r');
      const { size } = await file.stat();
      if (range === undefined) return new VerifiedBody(file.createReadStream(), size, STALL_TIMEOUT_MS);
      if (range.start >= size) throw new DomainError('range_not_satisfiable');
      const end = Math.min(range.end, size - 1);
      const source = file.createReadStream({ start: range.start, end });
      return new VerifiedBody(source, end - range.start + 1, STALL_TIMEOUT_MS);
    } catch (error) {
      await file?.close();
      throw await this.explain(error);
    }
  }

  /** A missing folder, for example of a disk that is not mounted, is not a missing object. */
  private async explain(error: unknown): Promise<DomainError> {
    if (!isMissing(error)) return storageUnavailable(error);
    await this.check();
    return objectNotFound(error);
  }

  private pathOf(key: string): string {
    assertObjectKey(key);
    return join(this.root, key);
  }
}

/** Limits the wait for a network file system that hangs, because the kernel would wait forever. */
async function withinBound(work: Promise<void>): Promise<void> {
  const bound = new AbortController();
  const late = delay(CHECK_TIMEOUT_MS, undefined, { signal: bound.signal }).then(
    () => {
      throw new Error(`The file system did not answer within ${CHECK_TIMEOUT_MS} ms`);
    },
    () => undefined,
  );
  try {
    await Promise.race([work, late]);
  } finally {
    bound.abort();
  }
}
