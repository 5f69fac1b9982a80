import { existsSync, readFileSync } from 'node:fs';
import { waitUntil } from '../wait-until.mjs';

/**
 * @typedef {import('../processes/managed-process.mjs').ManagedProcess} ManagedProcess
 * @typedef {import('../processes/process-ledger.mjs').ProcessLedger} ProcessLedger
 *
 * @typedef {object} ServiceOptions
 * @property {string} folder the folder for all data of the service
 * @property {ProcessLedger} ledger
 * @property {boolean} [keepsPorts] fails if a port of the last start is in use, instead of choosing another
 *
 * @typedef {object} RunningService
 * @property {string} name
 * @property {number[]} pids
 * @property {ManagedProcess} main the process that the service ends with
 * @property {() => Promise<void>} stop
 */

const LINES_SHOWN = 15;

/**
 * Waits until a new service answers. If it ends or does not answer, throws an error with the last lines of its log.
 * @param {ManagedProcess} main
 * @param {() => boolean | Promise<boolean>} isReady
 * @param {number} timeoutMs
 */
export async function untilReady(main, isReady, timeoutMs) {
  const answered = await waitUntil(async () => main.hasExited || (await isReady()), { timeoutMs });
  if (answered && !main.hasExited) return;
  await main.stop();
  const what = answered ? 'ended at once' : `did not answer within ${timeoutMs / 1000} s`;
  throw new Error(`${main.name} ${what}. The end of ${main.logFile}:\n${lastLines(main.logFile)}`);
}

/**
 * @param {string | null} file
 * @param {number} [count]
 */
export function lastLines(file, count = LINES_SHOWN) {
  if (file === null || !existsSync(file)) return '';
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-count).join('\n');
}
