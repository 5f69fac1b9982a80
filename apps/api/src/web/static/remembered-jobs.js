import { BrowserStore } from './browser-store.js';

/** @typedef {{ id: string, filename: string, size: number, chosenAt: number }} JobRecord */

const MAX_RECORDS = 200;

/** The conversion jobs that one user started in this browser, last chosen file first; they are kept after sign-out. */
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
  add({ id, filename, size, chosenAt }) {
    const others = this.all().filter((record) => record.id !== id);
    // Uploads that run side by side can end in any order.
    const records = [{ id, filename, size, chosenAt }, ...others].toSorted((a, b) => b.chosenAt - a.chosenAt);
    this.#store.write(this.key, records.slice(0, MAX_RECORDS));
  }

  /** @param {string} id */
  remove(id) {
    this.#store.write(
      this.key,
      this.all().filter((record) => record.id !== id),
    );
  }
}
