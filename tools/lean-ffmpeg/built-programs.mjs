import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { programsFor, recipeHash } from './recipe.mjs';

/** Each folder holds the programs of one recipe, made from one version of the sources. */
export const BUILDS_FOLDER = join(import.meta.dirname, '..', '..', '.cache', 'lean-ffmpeg');

/** @returns {string | null} the folder with the newest programs of the current recipe */
export function findBuiltPrograms() {
  if (!existsSync(BUILDS_FOLDER)) return null;
  const prefix = `${recipeHash()}-`;
  const folders = readdirSync(BUILDS_FOLDER)
    .filter((name) => name.startsWith(prefix))
    .map((name) => join(BUILDS_FOLDER, name));
  return folders.filter(isComplete).toSorted((a, b) => builtAt(b) - builtAt(a))[0] ?? null;
}

/** @param {string} folder */
export function isComplete(folder) {
  return Object.keys(programsFor(process.arch)).every((name) => existsSync(join(folder, name)));
}

/** @param {string} folder */
function builtAt(folder) {
  return statSync(folder).mtimeMs;
}
