import { createHash, randomBytes, type Hash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { link, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Failure } from '../failure.js';

/** Disks without hard links, such as memory cards. */
const NO_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'];

const unfinished = new Set<string>();

/** For an end that cannot wait; in order, each output file removes its own. */
export function removeUnfinishedOutputs(): void {
  for (const path of unfinished) rmSync(path, { force: true });
}

/** An MP3 on its way to the disk: beside its place under another name, until it is whole and checked. */
export class OutputFile {
  sizeBytes = 0;
  private hash: Hash = createHash('sha256');

  private constructor(
    private readonly path: string,
    private readonly draft: string,
    private readonly file: FileHandle,
  ) {}

  static async create(path: string): Promise<OutputFile> {
    // Short, because the longest of names leaves no room for more.
    const draft = join(dirname(path), `.${randomBytes(6).toString('hex')}.mp3-part`);
    unfinished.add(draft);
    try {
      return new OutputFile(path, draft, await open(draft, 'wx'));
    } catch (error) {
      unfinished.delete(draft);
      throw notWritten(path, error);
    }
  }

  async append(chunk: Buffer): Promise<void> {
    try {
      await this.file.writev([chunk], this.sizeBytes);
    } catch (error) {
      throw notWritten(this.path, error);
    }
    this.hash.update(chunk);
    this.sizeBytes += chunk.length;
  }

  /** What was written so far is of no use. */
  async startAgain(): Promise<void> {
    await this.file.truncate(0);
    this.sizeBytes = 0;
    this.hash = createHash('sha256');
  }

  /** Of all that was written. */
  sha256(): string {
    return this.hash.copy().digest('hex');
  }

  /** Puts the whole file in its place; without `force`, never in that of another. */
  async place(force: boolean): Promise<void> {
    try {
      await this.file.sync();
      if (force) await rename(this.draft, this.path);
      else await linkOrRename(this.draft, this.path);
    } catch (error) {
      throw (error as NodeJS.ErrnoException).code === 'EEXIST' ? alreadyThere(this.path) : notWritten(this.path, error);
    }
  }

  /** Closes it, and removes what has not come to its place. */
  async close(): Promise<void> {
    await this.file.close();
    await rm(this.draft, { force: true });
    unfinished.delete(this.draft);
  }
}

export function alreadyThere(path: string): Failure {
  return new Failure('output_exists', `${path} exists already. --force replaces it, --out DIR writes elsewhere.`);
}

/** Of rename and link, only a link fails where something is there already. */
async function linkOrRename(draft: string, path: string): Promise<void> {
  try {
    await link(draft, path);
  } catch (error) {
    if (!NO_LINKS.includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    // The name is taken first, by an empty file; only that one is replaced.
    await (await open(path, 'wx')).close();
    await rename(draft, path);
  }
}

function notWritten(path: string, cause: unknown): Failure {
  const { code } = cause as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new Failure(
      'disk_full',
      `There is no room for ${path}. Make some, or choose another place with --out DIR.`,
      { cause },
    );
  }
  return new Failure('output_unwritable', `${path} cannot be written (${code}). Choose another place with --out DIR.`, {
    cause,
  });
}
