import { constants } from 'node:fs';
import { access, lstat, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { Failure, UsageError } from '../failure.js';
import { outputExists } from './output-file.js';
import { collisionKey } from './output-name.js';
import { outputPath, type OutputOptions } from './output-options.js';

/** Rejects a command with two files that would become the same MP3. */
export async function rejectCollisions(sources: readonly string[], options: OutputOptions): Promise<void> {
  const byOutput = new Map<string, string>();
  for (const source of sources) {
    const output = outputPath(source, options);
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

/** Checks early whether the MP3 can be written; the final check is made when it gets its name. */
export async function checkOutput(source: string | null, output: string, force: boolean): Promise<void> {
  const existing = await lstat(output).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENAMETOOLONG')
      throw new Failure('output_unwritable', `The name ${output} is too long for this disk.`);
    return null;
  });
  if (existing !== null) {
    if (source !== null && (await isSameFile(source, output))) {
      throw new Failure('output_is_source', 'Its MP3 would replace the file itself. Choose another --out.');
    }
    if (existing.isDirectory()) throw new Failure('output_exists', `${output} is a folder. Choose another --out.`);
    if (!force) throw outputExists(output);
  }
  await access(dirname(output), constants.W_OK | constants.X_OK).catch((error: NodeJS.ErrnoException) => {
    const message = `${dirname(output)} is not writable (${error.code}). Choose another --out.`;
    throw new Failure('output_unwritable', message);
  });
}

/** Finds what would waste an upload; returns the size of the source in bytes. */
export async function checkSource(source: string): Promise<number> {
  const found = await stat(source).catch((error: NodeJS.ErrnoException) => {
    throw unreadable(error);
  });
  if (found.isDirectory()) throw new Failure('not_a_file', 'It is a folder. Name the videos in it, such as DIR/*.mp4.');
  if (!found.isFile()) throw new Failure('not_a_file', 'It is not an ordinary file. Copy its content to a file first.');
  if (found.size === 0) throw new Failure('empty_file', 'The file is empty. Copy or download it again.');
  await access(source, constants.R_OK).catch((error: NodeJS.ErrnoException) => {
    throw unreadable(error);
  });
  return found.size;
}

/** Returns why a file cannot be read, for users. */
export function unreadable({ code }: NodeJS.ErrnoException): Failure {
  if (code === 'ENOENT' || code === 'ENOTDIR') return new Failure('file_not_found', 'There is no such file.');
  if (code === 'EACCES' || code === 'EPERM') {
    return new Failure('file_unreadable', 'You are not allowed to read it. Check its permissions.');
  }
  return new Failure('file_unreadable', `The file cannot be read (${code}).`);
}

async function isSameFile(a: string, b: string): Promise<boolean> {
  const [first, second] = await Promise.all([a, b].map((path) => stat(path).catch(() => null)));
  return first != null && second != null && first.dev === second.dev && first.ino === second.ino;
}
