import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rename, rm, rmdir, stat, statfs, utimes } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { ConversionEnv } from './conversion.env.js';
import { FolderLock } from './folder-lock.js';

/** With less free space a claim would waste an attempt. */
const MIN_FREE_BYTES = 64 * 1024 * 1024;
const SWEEP_MS = 3_600_000;
/** If folders cannot be locked, one that was not touched for so long is abandoned: workers touch theirs in each sweep. */
const UNTOUCHED_MS = 24 * 3_600_000;
const WORKER_FOLDER = /^(worker|new)-[\da-f-]{36}$/;

interface OwnFolder {
  readonly path: string;
  readonly lock: FolderLock;
}

/**
 * The private folders of running jobs: `WORK_DIRECTORY/worker-{random id}/{lease token}`. Each worker locks its own
 * folder, so that other workers that share WORK_DIRECTORY remove only the files of dead ones.
 */
@Injectable()
export class JobWorkspace implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger(JobWorkspace.name);
  private readonly root: string;
  private own: Promise<OwnFolder> | undefined;
  private sweeper: NodeJS.Timeout | undefined;
  private isClosed = false;

  constructor(env: ConversionEnv) {
    this.root = env.WORK_DIRECTORY;
  }

  async onModuleInit(): Promise<void> {
    await this.trySweep();
    this.sweeper = setInterval(() => void this.trySweep(), SWEEP_MS);
  }

  /** Runs after all jobs have ended. A job that did not stop can still write; a later sweep removes its files. */
  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.sweeper);
    await this.removeOwn().catch((error: unknown) => this.logger.warn({ msg: 'Some files were left', err: error }));
  }

  /** Gives a run its own folder and removes it afterwards, whatever happens. */
  async with<T>(leaseToken: string, run: (folder: string) => Promise<T>): Promise<T> {
    const folder = join((await this.ownFolder()).path, leaseToken);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    try {
      return await run(folder);
    } finally {
      // The outcome of the run is decided: files that stay are removed when the worker ends.
      await rm(folder, { recursive: true, force: true }).catch((error: unknown) =>
        this.logger.warn({ msg: 'The files of a run could not be removed', err: error }),
      );
    }
  }

  /** Returns false if the disk is full, and also if no folder can be created: out of inodes, read-only, or not mounted. */
  async hasRoom(): Promise<boolean> {
    if (this.isClosed) return false;
    try {
      const { path } = await this.ownFolder();
      const [{ bavail, bsize }] = await Promise.all([
        statfs(this.root),
        mkdtemp(join(path, 'room-')).then((folder) => rmdir(folder)),
      ]);
      return bavail * bsize >= MIN_FREE_BYTES;
    } catch (error) {
      this.logger.warn({ msg: 'The work directory cannot be used', err: error });
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') this.forgetOwn();
      return false;
    }
  }

  /** Removes the files of dead workers. */
  async sweep(): Promise<void> {
    await mkdir(this.root, { recursive: true });
    const { path } = await this.ownFolder();
    await utimes(path, new Date(), new Date());
    for (const name of await readdir(this.root)) {
      const folder = join(this.root, name);
      if (!WORKER_FOLDER.test(name) || folder === path) continue;
      // Another worker may sweep the same folder.
      const isRemoved = await removeAbandoned(folder).catch(() => false);
      if (isRemoved) this.logger.log({ msg: 'Removed the files of a dead worker', folder: name });
    }
  }

  /** Removes this worker's files for good. */
  async removeOwn(): Promise<void> {
    this.isClosed = true;
    const own = await this.own?.catch(() => undefined);
    if (own === undefined) return;
    // `hasRoom` may just be creating a folder in it.
    await rm(own.path, { recursive: true, force: true, maxRetries: 3 });
    await own.lock.release();
  }

  private async trySweep(): Promise<void> {
    await this.sweep().catch((error: unknown) => this.logger.warn({ msg: 'The sweep failed', err: error }));
  }

  private async ownFolder(): Promise<OwnFolder> {
    if (this.isClosed) throw new Error('The work directory is closed');
    this.own ??= createLocked(this.root);
    try {
      return await this.own;
    } catch (error) {
      this.own = undefined;
      throw error;
    }
  }

  /** Somebody may have emptied WORK_DIRECTORY: the next job gets a new folder. */
  private forgetOwn(): void {
    this.own?.then(({ lock }) => lock.release()).catch(() => undefined);
    this.own = undefined;
  }
}

/** Locks the folder before it gets its final name: until then no sweep takes it for abandoned. */
async function createLocked(root: string): Promise<OwnFolder> {
  const id = randomUUID();
  const [created, path] = [join(root, `new-${id}`), join(root, `worker-${id}`)];
  await mkdir(created, { recursive: true, mode: 0o700 });
  const lock = await FolderLock.try(created);
  try {
    await rename(created, path);
    return { path, lock };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function removeAbandoned(folder: string): Promise<boolean> {
  const isUntouched = await isOlderThan(folder, UNTOUCHED_MS);
  // Its worker is just about to lock it.
  if (basename(folder).startsWith('new-') && !isUntouched) return false;
  const lock = await FolderLock.try(folder);
  try {
    const isAbandoned = lock.state === 'taken' || (lock.state === 'unsupported' && isUntouched);
    if (isAbandoned) await rm(folder, { recursive: true, force: true });
    return isAbandoned;
  } finally {
    await lock.release();
  }
}

async function isOlderThan(folder: string, ageMs: number): Promise<boolean> {
  return Date.now() - (await stat(folder)).mtimeMs > ageMs;
}
