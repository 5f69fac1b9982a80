import type { Dir } from 'node:fs';
import { opendir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { OUTPUT_PREFIX, parseObjectKey, SOURCE_PREFIX } from '../object-keys.js';
import type { ListedObject } from '../object-storage.js';
import { isMissing } from './file-moves.js';

/** Lists the objects below a root whose keys begin with the prefix. Skips folders that cannot contain one. */
export async function* listObjects(root: string, prefix: string): AsyncGenerator<ListedObject> {
  for (const top of [SOURCE_PREFIX, OUTPUT_PREFIX]) {
    if (mayHold(top, prefix)) yield* walk(root, top, prefix, await opendir(join(root, top)));
  }
}

async function* walk(root: string, folder: string, prefix: string, entries: Dir): AsyncGenerator<ListedObject> {
  for await (const entry of entries) {
    const name = `${folder}${entry.name}`;
    if (entry.isDirectory()) {
      const inner = `${name}/`;
      if (!mayHold(inner, prefix)) continue;
      const innerEntries = await orMissing(opendir(join(root, inner)));
      if (innerEntries) yield* walk(root, inner, prefix, innerEntries);
    } else if (name.startsWith(prefix) && parseObjectKey(name) !== null) {
      const found = await orMissing(stat(join(root, name)));
      if (found) yield { key: name, lastModified: found.mtime };
    }
  }
}

function mayHold(folder: string, prefix: string): boolean {
  return folder.startsWith(prefix) || prefix.startsWith(folder);
}

/** Skips entries that are deleted while the tree is being walked. */
async function orMissing<T>(found: Promise<T>): Promise<T | null> {
  try {
    return await found;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}
