import { spawnSync } from 'node:child_process';
import { accessSync, constants, mkdirSync, statSync } from 'node:fs';
import { PROJECT_FOLDER } from './project.mjs';

const ROOT = 0;

/** @type {Record<string, string>} */
const WAYS_OUT = {
  ENOSPC: 'The disk is full: free some space there.',
  EDQUOT: 'Your quota is used up: free some space there.',
  EROFS: 'That file system is read-only: put the project where files can be written.',
  EACCES: 'You have no right to do that: give the files to the user who runs this.',
  EPERM: 'You have no right to do that: give the files to the user who runs this.',
};

/**
 * @param {unknown} error
 * @returns {string | null} what a failed write or read means and what to do; null for errors of another kind
 */
export function fileProblem(error) {
  const { code = '', path = PROJECT_FOLDER } = /** @type {NodeJS.ErrnoException} */ (error);
  const wayOut = WAYS_OUT[code];
  return wayOut === undefined ? null : `${path} cannot be used (${code}). ${wayOut}`;
}

/**
 * Makes the folder of state and logs; throws a sentence where this user must not, or cannot, keep anything there.
 * @param {string} folder
 * @param {number} [userId]
 */
export function makeDataFolder(folder, userId = process.getuid?.() ?? ROOT) {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    // What root writes there, its owner could not use any more.
    if (userId === ROOT && statSync(folder).uid !== ROOT) throw new Error(belongsToAnother(folder, userId));
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw isOfAnother(error, folder, userId)
      ? new Error(belongsToAnother(folder, userId))
      : new Error(fileProblem(error) ?? /** @type {Error} */ (error).message, { cause: error });
  }
}

/**
 * @param {unknown} error
 * @param {string} folder
 * @param {number} userId
 */
function isOfAnother(error, folder, userId) {
  const owner = statSync(folder, { throwIfNoEntry: false })?.uid;
  return /** @type {NodeJS.ErrnoException} */ (error).code === 'EACCES' && owner !== undefined && owner !== userId;
}

/**
 * @param {string} folder
 * @param {number} userId
 */
function belongsToAnother(folder, userId) {
  const owner = nameOf(statSync(folder).uid);
  return [
    `${folder} belongs to ${owner}, who started the service here before.`,
    `  Either start it as ${owner},`,
    `  or take all over:  sudo chown -R ${nameOf(userId)} '${PROJECT_FOLDER}'`,
  ].join('\n');
}

/** @param {number} userId */
function nameOf(userId) {
  const { stdout, status } = spawnSync('id', ['-nu', String(userId)], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : String(userId);
}
