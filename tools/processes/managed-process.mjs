import { waitUntil } from '../wait-until.mjs';
import { isSameProcessRunning } from './process-identity.mjs';

/** @typedef {import('./process-identity.mjs').ProcessIdentity} ProcessIdentity */

const KILL_TIMEOUT_MS = 10_000;

/** A child process in its own process group. */
export class ManagedProcess {
  #hasExited = false;

  /**
   * @param {string} name
   * @param {import('node:child_process').ChildProcess} child
   * @param {{ logFile: string | null, stopSignal: NodeJS.Signals, stopTimeoutMs: number }} options
   */
  constructor(name, child, { logFile, stopSignal, stopTimeoutMs }) {
    this.name = name;
    this.pid = /** @type {number} */ (child.pid);
    this.logFile = logFile;
    this.stopSignal = stopSignal;
    this.stopTimeoutMs = stopTimeoutMs;
    /** @type {Promise<{ code: number | null, signal: NodeJS.Signals | null }>} */
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.#hasExited = true;
        resolve({ code, signal });
      });
    });
  }

  get hasExited() {
    return this.#hasExited;
  }

  /** Asks the process to end, and kills it after a timeout. */
  async stop() {
    if (!this.#hasExited) signalProcess(this.pid, this.stopSignal);
    await waitUntil(() => this.#hasExited, { timeoutMs: this.stopTimeoutMs });
    // Even if the leader has ended, because its group can contain more processes.
    killGroup(this.pid);
    await this.exited;
  }

  kill() {
    killGroup(this.pid);
  }
}

/**
 * Ends a process that this process did not start.
 * @param {ProcessIdentity & { stopSignal: NodeJS.Signals, stopTimeoutMs: number }} recorded
 */
export async function endRecordedProcess(recorded) {
  if (!isSameProcessRunning(recorded)) return;
  signalProcess(recorded.pid, recorded.stopSignal);
  const hasEnded = () => !isSameProcessRunning(recorded);
  if (!(await waitUntil(hasEnded, { timeoutMs: recorded.stopTimeoutMs }))) {
    killGroup(recorded.pid);
    await waitUntil(hasEnded, { timeoutMs: KILL_TIMEOUT_MS });
  }
}

/**
 * @param {number} pid
 * @param {NodeJS.Signals} signal
 */
function signalProcess(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ESRCH') throw error;
  }
}

/** @param {number} pid */
function killGroup(pid) {
  signalProcess(-pid, 'SIGKILL');
}
