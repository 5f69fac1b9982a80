const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 30_000;
const HEALTHY_AFTER_MS = 60_000;

/** The delays before a dead process is restarted. */
export class BackOff {
  #nextDelayMs = FIRST_DELAY_MS;

  /**
   * @param {number} livedMs a process that lived for a while starts the series anew
   * @returns {number} milliseconds
   */
  next(livedMs) {
    if (livedMs >= HEALTHY_AFTER_MS) this.#nextDelayMs = FIRST_DELAY_MS;
    const delayMs = this.#nextDelayMs;
    this.#nextDelayMs = Math.min(delayMs * 2, LONGEST_DELAY_MS);
    return delayMs;
  }
}
