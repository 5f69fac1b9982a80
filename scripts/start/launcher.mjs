import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { identifyProcess } from '../../tools/processes/process-identity.mjs';

/** @typedef {import('../../tools/processes/process-identity.mjs').ProcessIdentity} ProcessIdentity */

const SHELLS = ['sh', 'dash', 'bash', 'ash'];

/**
 * Finds the npm process that runs this script. If npm is killed, the console is gone too.
 * @returns {ProcessIdentity | null} null if the script was started directly
 */
export function findLauncher() {
  const script = process.env.npm_lifecycle_script ?? '';
  if (!script.includes(basename(process.argv[1] ?? ''))) return null;
  const parent = process.ppid;
  return identifyProcess(SHELLS.includes(readProcess(parent, 'comm').trim()) ? parentOf(parent) : parent);
}

/** @param {number} pid */
function parentOf(pid) {
  const [, parent] = readProcess(pid, 'stat')
    .replace(/^.*\) /s, '')
    .split(' ');
  return Number(parent ?? 0);
}

/**
 * @param {number} pid
 * @param {string} file
 */
function readProcess(pid, file) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
