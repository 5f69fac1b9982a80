import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs';
import { PROJECT_FOLDER } from './project.mjs';

const ROOT = 0;

/** @type {Record<string, string>} */
const SOLUTIONS = {
  ENOSPC: 'The disk is full: free some space there.',
  EDQUOT: 'Your quota is used up: free some space there.',
  EROFS: 'That file system is read-only: put the project where files can be written.',
  EACCES: 'You have no right to do that: give the files to the user who runs this.',
  EPERM: 'You have no right to do that: give the files to the user who runs this.',
};

/**
 * @param {unknown} error
 * @returns {string | null} the meaning of a failed write or read and what to do; null for other errors
 */
export function fileProblem(error) {
  const { code = '', path = PROJECT_FOLDER } = /** @type {NodeJS.ErrnoException} */ (error);
  const solution = SOLUTIONS[code];
  return solution === undefined ? null : `${path} cannot be used (${code}). ${solution}`;
}

/**
 * Creates the folder for state and logs. Throws a sentence if it cannot be used.
 * @param {string} folder
 */
export function makeDataFolder(folder) {
  try {
    // Not "recursive", because Node would report ENOENT for a read-only file system.
    if (!existsSync(folder)) mkdirSync(folder, { mode: 0o700 });
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new Error(problemOf(folder, error), { cause: error });
  }
}

/**
 * Throws if root would write to the folder of another user, who then could not use the files.
 * @param {string} folder
 */
export function requireOwnFolder(folder) {
  if (userId() === ROOT && statSync(folder).uid !== ROOT) throw new Error(belongsToAnother(folder));
}

/**
 * @param {string} folder
 * @param {unknown} error
 */
function problemOf(folder, error) {
  const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
  const owner = statSync(folder, { throwIfNoEntry: false })?.uid;
  if (code === 'EACCES' && owner !== undefined && owner !== userId()) return belongsToAnother(folder);
  return fileProblem(error) ?? message;
}

/** @param {string} folder */
function belongsToAnother(folder) {
  const owner = nameOf(statSync(folder).uid);
  return [
    `${folder} belongs to ${owner}, who started the service here before.`,
    `  Either start it as ${owner},`,
    `  or take ownership: sudo chown -R ${nameOf(userId())} '${PROJECT_FOLDER}'`,
  ].join('\n');
}

function userId() {
  return process.getuid?.() ?? ROOT;
}

/** @param {number} id */
function nameOf(id) {
  const { stdout, status } = spawnSync('id', ['-nu', String(id)], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : String(id);
}
