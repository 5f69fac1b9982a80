import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { programsFor, recipeHash } from './recipe.mjs';

/** Each folder holds the programs of one recipe, made from one version of the sources. */
export const BUILDS_FOLDER = join(import.meta.dirname, '..', '..', '.cache', 'lean-ffmpeg');

/**
 * @param {string} [builds]
 * @returns {string | null} the folder with the newest programs of the current recipe
 */
export function findBuiltPrograms(builds = BUILDS_FOLDER) {
  if (!existsSync(builds)) return null;
  const prefix = `${recipeHash()}-`;
  const folders = readdirSync(builds)
    .filter((name) => name.startsWith(prefix))
    .map((name) => join(builds, name));
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
