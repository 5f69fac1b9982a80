import { readFileSync } from 'node:fs';

/**
 * Identifies a process. The kernel reuses process ids, but not together with the same start time.
 * @typedef {{ pid: number, startTime: string }} ProcessIdentity
 */

const STATE_FIELD = 0;
const START_TIME_FIELD = 19;

/**
 * @param {string} stat the text of /proc/<pid>/stat
 * @returns {string | null} the start time in clock ticks since boot; null for a process that has ended but is not reaped yet
 */
export function parseStartTime(stat) {
  // The program name is in parentheses and can contain spaces and parentheses itself.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const state = fields[STATE_FIELD] ?? 'X';
  return 'ZX'.includes(state) ? null : (fields[START_TIME_FIELD] ?? null);
}

/**
 * @param {number} pid
 * @returns {ProcessIdentity | null} null if no such process runs
 */
export function identifyProcess(pid) {
  try {
    const ticks = parseStartTime(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    return ticks === null ? null : { pid, startTime: `${bootId()}/${ticks}` };
  } catch {
    return null;
  }
}

/** @param {ProcessIdentity} identity */
export function isSameProcessRunning(identity) {
  return identifyProcess(identity.pid)?.startTime === identity.startTime;
}

/** Part of the identity, because clock ticks restart with each boot. */
function bootId() {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}
