import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { endRecordedProcess } from '../../tools/processes/managed-process.mjs';
import { identifyProcess, isSameProcessRunning } from '../../tools/processes/process-identity.mjs';

/**
 * @typedef {import('../../tools/processes/process-identity.mjs').ProcessIdentity} ProcessIdentity
 * @typedef {ProcessIdentity & { launcher: ProcessIdentity | null, url: string }} Holder
 */

const TAKE_OVER_TIMEOUT_MS = 60_000;

/** Allows one start at a time in this folder. */
export class InstanceLock {
  /** @param {string} file */
  constructor(file) {
    this.file = file;
  }

  /**
   * @param {{ launcher: ProcessIdentity | null, url: string }} own
   * @returns {Promise<Holder | null>} the running instance that holds the lock; null if it was acquired
   */
  async acquire(own) {
    for (;;) {
      if (this.#create({ ...ownIdentity(), ...own })) return null;
      const holder = readHolder(this.file);
      if (holder !== null && isSameProcessRunning(holder)) {
        // A holder whose npm was killed has no console and is about to stop.
        if (holder.launcher === null || isSameProcessRunning(holder.launcher)) return holder;
        await endRecordedProcess({ ...holder, stopSignal: 'SIGTERM', stopTimeoutMs: TAKE_OVER_TIMEOUT_MS });
      }
      this.#removeStale(holder);
    }
  }

  release() {
    const holder = readHolder(this.file);
    if (holder?.pid === process.pid) rmSync(this.file, { force: true });
  }

  /** @param {Holder} holder */
  #create(holder) {
    const draft = `${this.file}.${process.pid}`;
    writeFileSync(draft, JSON.stringify(holder));
    try {
      // A link creates the complete file atomically, unlike opening it for writing.
      linkSync(draft, this.file);
      return true;
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EEXIST') return false;
      throw error;
    } finally {
      rmSync(draft);
    }
  }

  /** @param {Holder | null} judged what was found to be stale: by now another start may have replaced it */
  #removeStale(judged) {
    const removed = `${this.file}.stale-${process.pid}`;
    try {
      renameSync(this.file, removed);
      const holder = readHolder(removed);
      if (holder !== null && holder.pid !== judged?.pid) linkSync(removed, this.file);
      rmSync(removed);
    } catch (error) {
      const { code } = /** @type {NodeJS.ErrnoException} */ (error);
      if (code !== 'ENOENT' && code !== 'EEXIST') throw error;
    }
  }
}

/**
 * @param {string} file
 * @returns {Holder | null} the current holder of the lock
 */
export function runningInstance(file) {
  const holder = readHolder(file);
  return holder !== null && isSameProcessRunning(holder) ? holder : null;
}

/** @returns {ProcessIdentity} */
function ownIdentity() {
  const identity = identifyProcess(process.pid);
  if (identity === null) throw new Error('/proc does not show this process');
  return identity;
}

/**
 * @param {string} file
 * @returns {Holder | null}
 */
function readHolder(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}
