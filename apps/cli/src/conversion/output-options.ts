import { constants } from 'node:fs';
import { access, mkdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { outputName } from '@app/client';
import { UsageError } from '../failure.js';

/** The folder and the file name of the MP3s. */
export interface OutputOptions {
  /** Null for the folder of each source. */
  readonly folder: string | null;
  /** The path of the only MP3; null for the names of the sources. */
  readonly file: string | null;
  readonly force: boolean;
}

/** Reads `--out`: a name that ends in `.mp3` is a file, unless a folder has it; any other name is a folder. */
export async function readOutputOptions(out: string | null, force: boolean, files: number): Promise<OutputOptions> {
  if (out === null || !/\.mp3$/i.test(out) || (await isFolder(out))) return { folder: out, file: null, force };
  if (files === 1) return { folder: dirname(out), file: out, force };
  throw new UsageError(`--out ${out} names one MP3, but there are ${files} to write. Name a folder.`);
}

/** Creates the folder. Its errors concern every file, so they end the command. */
export async function createFolder({ folder }: OutputOptions): Promise<void> {
  if (folder === null) return;
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'EEXIST' || code === 'ENOTDIR' ? 'it is not a folder' : `it is not writable (${code})`;
    throw new UsageError(`--out ${folder}: ${why}.`);
  }
}

export function outputPath(source: string, { file, folder }: OutputOptions): string {
  return file ?? join(folder ?? join(source, '..'), outputName(basename(source)));
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
