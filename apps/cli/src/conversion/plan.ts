import { constants } from 'node:fs';
import { access, lstat, mkdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { Failure, UsageError } from '../failure.js';
import { alreadyThere } from './output-file.js';
import { collisionKey, outputPath } from './output-name.js';

export interface Placing {
  /** Null for beside the source. */
  readonly folder: string | null;
  readonly force: boolean;
}

/** Two files that would become one MP3 are a mistake of the whole command. */
export async function refuseCollisions(sources: readonly string[], { folder }: Placing): Promise<void> {
  const byOutput = new Map<string, string>();
  for (const source of sources) {
    const output = outputPath(source, folder);
    const parent = await realpath(dirname(output)).catch(() => resolve(dirname(output)));
    const key = collisionKey(join(parent, basename(output)));
    const other = byOutput.get(key);
    if (other !== undefined) {
      const what = other === source ? `${source} is named twice` : `${other} and ${source} would both become ${output}`;
      throw new UsageError(`${what}. Convert them one after the other, with another --out DIR.`);
    }
    byOutput.set(key, source);
  }
}

/** What is wrong with the folder is wrong for every file. */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'EEXIST' || code === 'ENOTDIR' ? 'it is not a folder' : `it cannot be written to (${code})`;
    throw new UsageError(`--out ${folder}: ${why}.`);
  }
}

/** Looks at everything that would waste an upload; returns the size of the source. */
export async function checkSource(source: string, placing: Placing): Promise<number> {
  const { size } = await statSource(source);
  await checkOutput(source, outputPath(source, placing.folder), placing.force);
  return size;
}

/** Before anything is asked of the service; the last word is had when the MP3 is put in its place. */
export async function checkOutput(source: string | null, output: string, force: boolean): Promise<void> {
  const existing = await lstat(output).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENAMETOOLONG')
      throw new Failure('output_unwritable', `The name ${output} is too long for this disk.`);
    return null;
  });
  if (existing !== null) {
    if (source !== null && (await isSameFile(source, output))) {
      throw new Failure(
        'output_is_source',
        'Its MP3 would replace the file itself. Choose another place with --out DIR.',
      );
    }
    if (existing.isDirectory())
      throw new Failure('output_exists', `${output} is a folder. Choose another place with --out DIR.`);
    if (!force) throw alreadyThere(output);
  }
  await access(dirname(output), constants.W_OK | constants.X_OK).catch((error: NodeJS.ErrnoException) => {
    const message = `${dirname(output)} cannot be written to (${error.code}). Choose another place with --out DIR.`;
    throw new Failure('output_unwritable', message);
  });
}

async function statSource(source: string): Promise<{ size: number }> {
  const found = await stat(source).catch((error: NodeJS.ErrnoException) => {
    throw unreadable(error);
  });
  if (found.isDirectory()) throw new Failure('not_a_file', 'It is a folder. Name the videos in it, such as DIR/*.mp4.');
  if (!found.isFile()) throw new Failure('not_a_file', 'It is not an ordinary file. Copy what it gives to one first.');
  if (found.size === 0)
    throw new Failure('empty_file', 'It is empty. Check that it was copied or downloaded to its end.');
  await access(source, constants.R_OK).catch((error: NodeJS.ErrnoException) => {
    throw unreadable(error);
  });
  return found;
}

/** Why a file cannot be read, for people. */
export function unreadable({ code }: NodeJS.ErrnoException): Failure {
  if (code === 'ENOENT' || code === 'ENOTDIR') return new Failure('file_not_found', 'There is no such file.');
  if (code === 'EACCES' || code === 'EPERM') {
    return new Failure('file_unreadable', 'You may not read it. Check its permissions.');
  }
  return new Failure('file_unreadable', `It cannot be read (${code}).`);
}

async function isSameFile(a: string, b: string): Promise<boolean> {
  const [first, second] = await Promise.all([a, b].map((path) => stat(path).catch(() => null)));
  return first != null && second != null && first.dev === second.dev && first.ino === second.ino;
}
