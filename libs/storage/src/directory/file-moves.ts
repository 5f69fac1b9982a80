import { link, mkdir, open, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';

/** What file systems answer that cannot link here: across devices, without links, or for files of another user. */
const LINK_REFUSED = new Set(['EXDEV', 'EPERM', 'EACCES', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

/** More than any number of deletes that could meet one write. */
const MAX_ATTEMPTS = 100;

export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

export function isMissing(error: unknown): boolean {
  return errorCode(error) === 'ENOENT';
}

/** Links where the file system can; false where it refuses links. Never overwrites: an existing target is an error. */
export async function tryLink(existingPath: string, newPath: string): Promise<boolean> {
  try {
    await link(existingPath, newPath);
    return true;
  } catch (error) {
    if (LINK_REFUSED.has(errorCode(error) ?? '')) return false;
    throw error;
  }
}

/** Gives a finished file its name: at once, durably, and never over another file. */
export async function publishFile(temporaryPath: string, finalPath: string): Promise<void> {
  const folder = dirname(finalPath);
  await inFolder(folder, async () => {
    if (await tryLink(temporaryPath, finalPath)) return unlink(temporaryPath);
    // Without links the name is reserved first: rename alone would overwrite.
    await (await open(finalPath, 'wx')).close();
    await rename(temporaryPath, finalPath);
  });
  await syncFolder(folder);
}

export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Makes the folder and acts in it; a delete may take the empty folder away between the two. */
async function inFolder(folder: string, action: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const created = await mkdir(folder, { recursive: true });
    try {
      await action();
      if (created !== undefined) await syncFolder(dirname(created));
      return;
    } catch (error) {
      if (!isMissing(error) || attempt === MAX_ATTEMPTS) throw error;
    }
  }
}
