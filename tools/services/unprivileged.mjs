import { spawnSync } from 'node:child_process';
import { chownSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Runs a program that does not run as root.
 * @typedef {object} Identity
 * @property {string[]} prefix the command before that of the program
 * @property {number} ownerId the user who must own the files of the program
 */

const NOBODY_ID = 65_534;
const NAMESPACE_PREFIX = ['unshare', '--user', '--map-user=1000', '--map-group=1000', '--'];
const FILE_CAPABILITIES = '+dac_override,+dac_read_search';
const CAPABILITY_PREFIX = [
  'setpriv',
  `--reuid=${NOBODY_ID}`,
  `--regid=${NOBODY_ID}`,
  '--clear-groups',
  // Without it, access(2), with which PostgreSQL finds its own programs, fails as if permissions were missing.
  '--securebits=+no_setuid_fixup',
  `--inh-caps=${FILE_CAPABILITIES}`,
  `--ambient-caps=${FILE_CAPABILITIES}`,
  '--',
];

/**
 * The project can be in a folder that only root can enter. So this uses a user namespace in which root is user 1000 or,
 * in containers without namespaces, the user `nobody` with the capability to enter every folder.
 * @returns {Identity}
 */
export function unprivilegedIdentity() {
  const userId = process.getuid?.() ?? NOBODY_ID;
  if (userId !== 0) return { prefix: [], ownerId: userId };
  if (runs(NAMESPACE_PREFIX)) return { prefix: NAMESPACE_PREFIX, ownerId: 0 };
  if (runs(CAPABILITY_PREFIX)) return { prefix: CAPABILITY_PREFIX, ownerId: NOBODY_ID };
  throw new Error(
    'PostgreSQL does not run as root, and neither unshare nor setpriv works here. Run this as an ordinary user, or set DATABASE_URL.',
  );
}

/**
 * Changes the owner of a whole folder to the user of the identity.
 * @param {string} folder
 * @param {number} ownerId
 */
export function giveFolder(folder, ownerId) {
  if (lstatSync(folder).uid === ownerId) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) giveFolder(path, ownerId);
    else if (entry.isFile()) chownSync(path, ownerId, -1);
  }
  // Last, so that an interrupted walk is repeated.
  chownSync(folder, ownerId, -1);
}

/** @param {string[]} prefix */
function runs([command = '', ...args]) {
  return spawnSync(command, [...args, 'true'], { stdio: 'ignore' }).status === 0;
}
