import { readFileSync } from 'node:fs';

/**
 * A process id alone is reused by the kernel; together with the start time it names one process for ever.
 * @typedef {{ pid: number, startTime: string }} ProcessIdentity
 */

const STATE_FIELD = 0;
const START_TIME_FIELD = 19;

/**
 * @param {string} stat the text of /proc/<pid>/stat
 * @returns {string | null} the start time in clock ticks since boot; null for a process that ended and awaits reaping
 */
export function parseStartTime(stat) {
  // The program's name stands in brackets and may hold spaces and brackets itself.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const state = fields[STATE_FIELD] ?? 'X';
  return 'ZX'.includes(state) ? null : (fields[START_TIME_FIELD] ?? null);
}

/**
 * @param {number} pid
 * @returns {ProcessIdentity | null} null where no such process runs
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

/** Clock ticks start again with each boot. */
function bootId() {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}
