import { call } from './api.js';
import { backOffMs } from './back-off.js';
import { Refusal } from './refusal.js';

/** @typedef {import('./conversion.js').Conversion} Conversion */

const INTERVAL_MS = 1_000;
/** Nobody looks at the page. */
const HIDDEN_INTERVAL_MS = 5_000;
const AT_A_TIME = 6;

const NOT_ASKED_YET = -1;

/** Asks how the jobs stand until they have ended; while the service is away, ever less often. */
export class Watch {
  /** @type {Map<Conversion, number>} when each was asked for last; 0 for never */
  #watched = new Map();
  #failures = 0;
  #isAsking = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {{ token: () => string | null, onSignedOut: (token: string) => void, onAway: (isAway: boolean) => void }} options */
  constructor({ token, onSignedOut, onAway }) {
    this.token = token;
    this.onSignedOut = onSignedOut;
    this.onAway = onAway;
  }

  /** @param {Conversion} conversion */
  add(conversion) {
    this.#watched.set(conversion, NOT_ASKED_YET);
    if (this.#failures === 0) this.askSoon(0);
  }

  /** @param {Conversion} conversion */
  remove(conversion) {
    this.#watched.delete(conversion);
  }

  stop() {
    this.#watched.clear();
    clearTimeout(this.#timer);
  }

  /** @param {number} pauseMs */
  askSoon(pauseMs) {
    clearTimeout(this.#timer);
    if (!this.#isAsking) this.#timer = setTimeout(() => void this.#ask(), pauseMs);
  }

  async #ask() {
    const token = this.token();
    if (token === null) return;
    if (this.#watched.size === 0) {
      this.#failures = 0;
      this.onAway(false);
      return;
    }
    this.#isAsking = true;
    const next = [...this.#watched].toSorted((a, b) => a[1] - b[1]).slice(0, AT_A_TIME);
    const answers = await Promise.all(next.map(([conversion]) => this.#askFor(conversion, token)));
    this.#isAsking = false;
    if (this.token() !== token) {
      // Meanwhile the visitor left, or signed in anew: these answers concern nobody.
      this.askSoon(0);
      return;
    }
    this.#failures = answers.includes('away') ? this.#failures + 1 : 0;
    this.onAway(this.#failures > 0);
    if (answers.includes('signed-out')) this.onSignedOut(token);
    else this.askSoon(this.#pauseMs());
  }

  /**
   * @param {Conversion} conversion
   * @param {string} token
   * @returns {Promise<'told' | 'away' | 'signed-out'>}
   */
  async #askFor(conversion, token) {
    try {
      const job = await call('GET', `media/${encodeURIComponent(conversion.jobId ?? '')}/status`, { token });
      if (!this.#watched.has(conversion)) return 'told';
      this.#watched.set(conversion, performance.now());
      conversion.follow(job);
      if (conversion.hasEnded) this.#watched.delete(conversion);
      return 'told';
    } catch (error) {
      if (!(error instanceof Refusal) || error.status >= 500 || error.status === 429) return 'away';
      if (error.isSignedOut) return 'signed-out';
      this.#watched.delete(conversion);
      conversion.moveTo('gone');
      return 'told';
    }
  }

  #pauseMs() {
    if (this.#failures > 0) return backOffMs(this.#failures);
    if ([...this.#watched.values()].includes(NOT_ASKED_YET)) return 0;
    return document.hidden ? HIDDEN_INTERVAL_MS : INTERVAL_MS;
  }
}
