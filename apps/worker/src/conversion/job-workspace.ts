import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, rmdir, stat, statfs } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { Injectable, Logger } from '@nestjs/common';
import { ConversionEnv } from './conversion.env.js';

/** Below this a claim would be an attempt wasted. */
const MIN_FREE_BYTES = 64 * 1024 * 1024;
/** A folder of another machine's process cannot be checked; nothing runs this long without a write. */
const FOREIGN_AGE_MS = 24 * 3_600_000;

/** The private folders of running jobs: `WORK_DIRECTORY/{host}-{pid}-{process start}/{lease token}`. */
@Injectable()
export class JobWorkspace {
  private readonly logger = new Logger(JobWorkspace.name);
  private readonly root: string;
  private readonly mine: string;
  private isClosed = false;

  constructor(env: ConversionEnv) {
    this.root = env.WORK_DIRECTORY;
    this.mine = join(this.root, `${hostname()}-${process.pid}-${processStart(process.pid) ?? 0}`);
  }

  /** Gives the run a folder of its own and removes it afterwards, whatever happened. */
  async with<T>(leaseToken: string, run: (folder: string) => Promise<T>): Promise<T> {
    const folder = join(this.mine, leaseToken);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    try {
      return await run(folder);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** Where no folder can be made is no room either: a disk may be out of inodes, read-only, or not be mounted. */
  async hasRoom(): Promise<boolean> {
    // Somebody who asks late must not bring back the folder that was removed.
    if (this.isClosed) return false;
    try {
      await mkdir(this.mine, { recursive: true, mode: 0o700 });
      // The one above is there since the first time, which says nothing of now.
      await rmdir(await mkdtemp(join(this.mine, 'room-')));
      const { bavail, bsize } = await statfs(this.root);
      return bavail * bsize >= MIN_FREE_BYTES;
    } catch (error) {
      this.logger.warn({ msg: 'The work directory cannot be used', err: error });
      return false;
    }
  }

  /** Removes what processes left behind that are gone. */
  async sweep(): Promise<void> {
    await mkdir(this.root, { recursive: true });
    for (const name of await readdir(this.root)) {
      // Another worker may be sweeping the same folder.
      if (!(await this.isAbandoned(name).catch(() => false))) continue;
      await rm(join(this.root, name), { recursive: true, force: true });
      this.logger.log({ msg: 'Removed the files of a worker that is gone', folder: name });
    }
  }

  /** Removes this process's files for good. */
  async removeOwn(): Promise<void> {
    this.isClosed = true;
    // Somebody who asked for room just before may be making a folder in it.
    await rm(this.mine, { recursive: true, force: true, maxRetries: 3 });
  }

  private async isAbandoned(name: string): Promise<boolean> {
    const owner = /^(?<host>.+)-(?<pid>\d+)-(?<start>\d+)$/.exec(name)?.groups;
    if (owner === undefined) return false;
    if (owner.host === hostname()) return processStart(Number(owner.pid)) !== Number(owner.start);
    const { mtimeMs } = await stat(join(this.root, name));
    return Date.now() - mtimeMs > FOREIGN_AGE_MS;
  }
}

/**
 * When a process started, in clock ticks since boot: with the pid it names one process for ever. Null where there is
 * no such process. Field 22 of https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html, counted behind the name.
 */
function processStart(pid: number): number | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[19]);
  } catch {
    return null;
  }
}
