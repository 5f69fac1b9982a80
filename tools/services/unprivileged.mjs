import { spawnSync } from 'node:child_process';
import { chownSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * How a program that refuses to run as root is run nevertheless.
 * @typedef {object} Identity
 * @property {string[]} prefix the command that stands before the program's own
 * @property {number} ownerId who must own the program's files
 */

const NOBODY_ID = 65_534;
const NAMESPACE_PREFIX = ['unshare', '--user', '--map-user=1000', '--map-group=1000', '--'];
const FILE_CAPABILITIES = '+dac_override,+dac_read_search';
const CAPABILITY_PREFIX = [
  'setpriv',
  `--reuid=${NOBODY_ID}`,
  `--regid=${NOBODY_ID}`,
  '--clear-groups',
  // Without it the kernel answers access(2), with which PostgreSQL looks for its own programs, as if the rights were absent.
  '--securebits=+no_setuid_fixup',
  `--inh-caps=${FILE_CAPABILITIES}`,
  `--ambient-caps=${FILE_CAPABILITIES}`,
  '--',
];

/**
 * Root may live in folders that no other user can enter, so the two ways are: a user namespace in which root is user
 * 1000, else (containers refuse namespaces) user `nobody` who may still pass every folder.
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
 * Gives a whole folder to the identity's user, where another one owns it.
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
  // Last, so that a walk that was cut short is walked again.
  chownSync(folder, ownerId, -1);
}

/** @param {string[]} prefix */
function runs([command = '', ...args]) {
  return spawnSync(command, [...args, 'true'], { stdio: 'ignore' }).status === 0;
}
