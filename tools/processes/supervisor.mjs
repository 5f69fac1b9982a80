import { setTimeout as delay } from 'node:timers/promises';
import { BackOff } from './back-off.mjs';

/** @typedef {import('./managed-process.mjs').ManagedProcess} ManagedProcess */

/** Restarts processes that die, with increasing delays. */
export class Supervisor {
  #abort = new AbortController();

  /**
   * @param {object} listeners
   * @param {(name: string, how: string, delayMs: number, process: ManagedProcess | null) => void} listeners.onDeath
   *   with the process, if the end of its log can show the cause
   * @param {(name: string) => void} listeners.onRestart
   */
  constructor({ onDeath, onRestart }) {
    this.onDeath = onDeath;
    this.onRestart = onRestart;
  }

  /**
   * @template {{ main: ManagedProcess }} Running
   * @param {string} name
   * @param {(isRestart: boolean) => Promise<Running>} start a failure of the first start is the caller's
   * @returns {Promise<Running>}
   */
  async keep(name, start) {
    const running = await start(false);
    void this.#watch(name, start, running.main);
    return running;
  }

  /** Stops restarting processes. */
  close() {
    this.#abort.abort();
  }

  /**
   * @param {string} name
   * @param {(isRestart: boolean) => Promise<{ main: ManagedProcess }>} start
   * @param {ManagedProcess} first
   */
  async #watch(name, start, first) {
    const backOff = new BackOff();
    /** @type {ManagedProcess | null} */
    let current = first;
    let how = '';
    let hasLastWords = false;
    while (!this.#abort.signal.aborted) {
      const startedAt = performance.now();
      if (current !== null) {
        const end = await current.exited;
        how = describeEnd(end);
        // A killed process could not log a cause.
        hasLastWords = end.signal === null;
      }
      if (this.#abort.signal.aborted) return;
      const delayMs = backOff.next(performance.now() - startedAt);
      this.onDeath(name, how, delayMs, hasLastWords ? current : null);
      await delay(delayMs, undefined, { signal: this.#abort.signal }).catch(() => {});
      if (this.#abort.signal.aborted) return;
      try {
        current = (await start(true)).main;
        this.onRestart(name);
      } catch (error) {
        current = null;
        how = `could not be started: ${/** @type {Error} */ (error).message}`;
      }
    }
  }
}

/** @param {{ code: number | null, signal: NodeJS.Signals | null }} end */
function describeEnd({ code, signal }) {
  return signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`;
}
