import { readdirSync, readFileSync } from 'node:fs';
import { waitUntil } from '../wait-until.mjs';
import { identifyProcess } from './process-identity.mjs';

/** All processes of a test run inherit this variable, so that the run can end leftover processes. */
export const TEST_RUN_MARK = 'VIDEO_TO_MP3_TEST_RUN';

const END_TIMEOUT_MS = 5_000;

/**
 * Kills every process that inherited an environment variable with exactly this value, including children of children in
 * other process groups.
 * @param {string} name
 * @param {string} value
 * @returns {Promise<string[]>} the commands of the killed processes
 */
export async function endMarkedProcesses(name, value) {
  const found = new Set();
  await waitUntil(
    () => {
      const pids = markedProcesses(`${name}=${value}`);
      for (const pid of pids) {
        found.add(commandOf(pid));
        kill(pid);
      }
      return pids.length === 0;
    },
    { timeoutMs: END_TIMEOUT_MS },
  );
  return [...found];
}

/**
 * @param {string} mark `NAME=value`
 * @returns {number[]}
 */
export function markedProcesses(mark) {
  return readdirSync('/proc')
    .map(Number)
    .filter(
      (pid) => pid > 0 && pid !== process.pid && environmentOf(pid).includes(mark) && identifyProcess(pid) !== null,
    );
}

/** @param {number} pid */
function environmentOf(pid) {
  return readText(`/proc/${pid}/environ`).split('\0');
}

/** @param {number} pid */
function commandOf(pid) {
  return readText(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim();
}

/** @param {string} file of another user's process, or of one that ended meanwhile, it cannot be read */
function readText(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** @param {number} pid */
function kill(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ESRCH') throw error;
  }
}
