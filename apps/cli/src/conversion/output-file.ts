import { createHash, randomBytes, type Hash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { link, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Failure } from '../failure.js';

/** From disks without hard links, such as memory cards. */
const NO_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'];

const unfinished = new Set<string>();

/** Cleans up when the process must end at once; otherwise each output file removes its own. */
export function removeUnfinishedOutputs(): void {
  for (const path of unfinished) rmSync(path, { force: true });
}

/** An MP3 that is being written: under another name in the same folder, until it is whole and checked. */
export class OutputFile {
  sizeBytes = 0;
  private hash: Hash = createHash('sha256');

  private constructor(
    private readonly path: string,
    private readonly draft: string,
    private readonly file: FileHandle,
  ) {}

  static async create(path: string): Promise<OutputFile> {
    // Short, because the longest allowed name leaves no room for a suffix.
    const draft = join(dirname(path), `.${randomBytes(6).toString('hex')}.mp3-part`);
    unfinished.add(draft);
    try {
      return new OutputFile(path, draft, await open(draft, 'wx'));
    } catch (error) {
      unfinished.delete(draft);
      throw notWritten(path, error);
    }
  }

  async append(chunk: Uint8Array): Promise<void> {
    try {
      await this.file.writev([chunk], this.sizeBytes);
    } catch (error) {
      throw notWritten(this.path, error);
    }
    this.hash.update(chunk);
    this.sizeBytes += chunk.length;
  }

  /** Discards what was written so far. */
  async startAgain(): Promise<void> {
    await this.file.truncate(0);
    this.sizeBytes = 0;
    this.hash = createHash('sha256');
  }

  sha256(): string {
    return this.hash.copy().digest('hex');
  }

  /** Gives the whole file its name; without `force`, never that of another file. */
  async place(force: boolean): Promise<void> {
    try {
      await this.file.sync();
      if (force) await rename(this.draft, this.path);
      else await linkOrRename(this.draft, this.path);
    } catch (error) {
      throw (error as NodeJS.ErrnoException).code === 'EEXIST' ? outputExists(this.path) : notWritten(this.path, error);
    }
  }

  /** Closes the file, and removes it if it did not get its name. */
  async close(): Promise<void> {
    await this.file.close();
    await rm(this.draft, { force: true });
    unfinished.delete(this.draft);
  }
}

export function outputExists(path: string): Failure {
  return new Failure('output_exists', `${path} already exists. --force replaces it, --out writes elsewhere.`);
}

/** A link fails if the name is taken; a rename would replace the file. */
async function linkOrRename(draft: string, path: string): Promise<void> {
  try {
    await link(draft, path);
  } catch (error) {
    if (!NO_LINKS.includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    // An empty file takes the name first, and only that file is replaced.
    await (await open(path, 'wx')).close();
    await rename(draft, path);
  }
}

function notWritten(path: string, cause: unknown): Failure {
  const { code } = cause as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new Failure(
      'disk_full',
      `The disk is full: ${path} cannot be written. Free some space, or choose another --out.`,
      { cause },
    );
  }
  return new Failure('output_unwritable', `${path} cannot be written (${code}). Choose another --out.`, {
    cause,
  });
}
