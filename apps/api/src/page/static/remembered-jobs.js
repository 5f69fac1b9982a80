import { BrowserStore } from './browser-store.js';

/** @typedef {{ id: string, filename: string, size: number }} JobRecord */

const MAX_RECORDS = 200;

/** The conversion jobs that one user started in this browser, newest first; they outlive the sign-in. */
export class RememberedJobs {
  #store = new BrowserStore(() => localStorage);

  /** @param {number} userId */
  constructor(userId) {
    this.key = `video-to-mp3.jobs.${userId}`;
  }

  /** @returns {JobRecord[]} */
  all() {
    const records = this.#store.read(this.key);
    return Array.isArray(records) ? records.filter((record) => typeof record?.id === 'string') : [];
  }

  /** @param {JobRecord} record */
  add({ id, filename, size }) {
    const others = this.all().filter((record) => record.id !== id);
    this.#store.write(this.key, [{ id, filename, size }, ...others].slice(0, MAX_RECORDS));
  }

  /** @param {string} id */
  remove(id) {
    this.#store.write(
      this.key,
      this.all().filter((record) => record.id !== id),
    );
  }
}
