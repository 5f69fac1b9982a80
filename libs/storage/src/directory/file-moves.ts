import { link, mkdir, open, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Errors of file systems that cannot link: across devices, without links, or for files of another user. */
const LINK_REFUSED = new Set(['EXDEV', 'EPERM', 'EACCES', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

/** More than the number of deletes that can run during one write. */
const MAX_ATTEMPTS = 100;

export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

export function isMissing(error: unknown): boolean {
  return errorCode(error) === 'ENOENT';
}

/** Creates a link; returns false if the file system cannot link. Never overwrites: an existing target is an error. */
export async function tryLink(existingPath: string, newPath: string): Promise<boolean> {
  try {
    await link(existingPath, newPath);
    return true;
  } catch (error) {
    if (LINK_REFUSED.has(errorCode(error) ?? '')) return false;
    throw error;
  }
}

/** Gives a complete file its name, atomically and durably. Never overwrites another file. */
export async function publishFile(temporaryPath: string, finalPath: string): Promise<void> {
  const folder = dirname(finalPath);
  await inFolder(folder, async () => {
    if (await tryLink(temporaryPath, finalPath)) return unlink(temporaryPath);
    // Without links, the name is reserved first, because a rename alone would overwrite.
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

/** Creates the folder and acts in it, again if a delete removed the empty folder in between. */
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
