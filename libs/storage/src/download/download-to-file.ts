import { open, rm } from 'node:fs/promises';
import type { FetchedFile, FetchOptions } from '../object-storage.js';
import { storageUnavailable } from '../storage-errors.js';
import { RangedDownload } from './ranged-download.js';
import type { RangedSource } from './ranged-source.js';

/** Downloads into a file that must not exist yet. On failure, no file is left and an existing one is unchanged. */
export async function downloadToFile(
  source: RangedSource,
  path: string,
  { signal, select }: FetchOptions,
): Promise<FetchedFile> {
  let file;
  try {
    file = await open(path, 'wx+', 0o440);
  } catch (error) {
    throw storageUnavailable(error);
  }
  try {
    return await new RangedDownload(source, file, signal).run(select);
  } catch (error) {
    await rm(path, { force: true });
    signal?.throwIfAborted();
    throw storageUnavailable(error);
  } finally {
    await file.close();
  }
}
