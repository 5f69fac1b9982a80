import { call } from './api.js';
import { backOffMs } from './back-off.js';
import { Refusal, Stopped } from './refusal.js';
import { upload } from './transfer.js';

/** @typedef {import('./conversion.js').Conversion} Conversion */

/** More at a time would only share the same line, and each would take longer to be of use. */
const AT_A_TIME = 2;
/** A connection that breaks again and again in the middle of the same video will not carry it to its end. */
const MAX_INTERRUPTIONS = 5;

const AWAY = 'The connection to the service was lost. The upload begins again by itself.';
const NOT_NOW = 'The service cannot take videos right now. The upload begins again by itself.';
const UNREADABLE = 'The file cannot be read any more. Check that it was not moved or changed, then choose it again.';
const BROKEN = 'The connection broke again and again. Check it, then try again.';
/** Not sent again by itself: the answer may be what was lost, and then the service has the file already. */
const UNKNOWN = 'The connection broke before the service had confirmed the video. Try again.';

/** Sends files, a few at a time and in the order in which they were chosen. */
export class Uploads {
  /** @type {Conversion[]} */
  #waiting = [];
  /** @type {Map<Conversion, AbortController>} */
  #running = new Map();
  /** In a row, of any file. */
  #failures = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} set while nothing is begun, because it would fail now */
  #hold;

  /** @param {{ token: () => string | null, onAccepted: (conversion: Conversion) => void, onSignedOut: (token: string) => void }} options */
  constructor({ token, onAccepted, onSignedOut }) {
    this.token = token;
    this.onAccepted = onAccepted;
    this.onSignedOut = onSignedOut;
  }

  get isBusy() {
    return this.#waiting.length > 0 || this.#running.size > 0;
  }

  /** @param {Conversion} conversion */
  add(conversion) {
    conversion.interruptions = 0;
    this.#waiting.push(conversion);
    this.#start();
  }

  /** @param {Conversion} conversion */
  stop(conversion) {
    this.#waiting = this.#waiting.filter((other) => other !== conversion);
    const running = this.#running.get(conversion);
    if (running === undefined) conversion.moveTo('stopped');
    else running.abort();
  }

  stopAll() {
    for (const conversion of [...this.#waiting, ...this.#running.keys()]) this.stop(conversion);
    this.#release();
  }

  /** Goes on at once, because there is reason to think that it works now. */
  resume() {
    this.#release();
    this.#start();
  }

  /** Begins what waits, as far as there is room; nothing is sent while nobody is signed in. */
  #start() {
    while (this.#running.size < AT_A_TIME && this.#hold === undefined) {
      const token = this.token();
      const next = token === null ? undefined : this.#waiting.shift();
      if (token === null || next?.file == null) return;
      void this.#send(next, next.file, token);
    }
  }

  /** @param {number} pauseMs */
  #holdFor(pauseMs) {
    clearTimeout(this.#hold);
    this.#hold = setTimeout(() => this.resume(), pauseMs);
  }

  #release() {
    clearTimeout(this.#hold);
    this.#hold = undefined;
  }

  /**
   * @param {Conversion} conversion
   * @param {File} file
   * @param {string} token
   */
  async #send(conversion, file, token) {
    const controller = new AbortController();
    this.#running.set(conversion, controller);
    conversion.moveTo('uploading');
    try {
      const job = await upload(file, {
        token,
        signal: controller.signal,
        onProgress: (part) => conversion.moveTo(part < 1 ? 'uploading' : 'storing', { part }),
      });
      this.#failures = 0;
      conversion.follow(job);
      this.onAccepted(conversion);
    } catch (error) {
      const isCutOff = !(error instanceof Refusal || error instanceof Stopped);
      this.#settle(conversion, (isCutOff && (await reasonFor(file, token))) || error, token);
    } finally {
      this.#running.delete(conversion);
      this.#start();
    }
  }

  /**
   * @param {Conversion} conversion
   * @param {unknown} error
   * @param {string} token
   */
  #settle(conversion, error, token) {
    if (error instanceof Stopped || this.#running.get(conversion)?.signal.aborted === true) {
      conversion.moveTo('stopped');
    } else if (error instanceof Refusal && error.isSignedOut) {
      this.#waiting.unshift(conversion);
      conversion.moveTo('signed-out');
      this.onSignedOut(token);
    } else if (error instanceof Refusal && error.retryAfterMs !== null) {
      this.#sendLater(conversion, error.status === 503 ? NOT_NOW : error.message, error.retryAfterMs);
    } else if (error instanceof Unreadable) {
      conversion.moveTo('not-sent', { message: UNREADABLE });
    } else if (error instanceof Refusal) {
      const message = error.fields.map((field) => field.message).join('. ') || error.message;
      conversion.moveTo('not-sent', { message });
    } else if (conversion.part === 1) {
      conversion.moveTo('not-sent', { message: UNKNOWN });
    } else {
      this.#interrupted(conversion);
    }
  }

  /**
   * The service cannot have a video whose end was not sent: sending it again does not make two of it.
   * @param {Conversion} conversion
   */
  #interrupted(conversion) {
    if (conversion.part > 0) conversion.interruptions += 1;
    if (conversion.interruptions >= MAX_INTERRUPTIONS) conversion.moveTo('not-sent', { message: BROKEN });
    else this.#sendLater(conversion, AWAY, backOffMs((this.#failures += 1)));
  }

  /**
   * @param {Conversion} conversion
   * @param {string} message
   * @param {number} pauseMs
   */
  #sendLater(conversion, message, pauseMs) {
    this.#waiting.unshift(conversion);
    this.#holdFor(pauseMs);
    conversion.moveTo('held', { message });
  }
}

class Unreadable extends Error {}

/**
 * The browser says "connection" of an upload that broke also where the file has gone, and where the service had refused
 * a large one early.
 * @param {File} file
 * @param {string} token
 * @returns {Promise<Refusal | Unreadable | null>}
 */
async function reasonFor(file, token) {
  try {
    await file.slice(0, 1).arrayBuffer();
  } catch (cause) {
    return new Unreadable('', { cause });
  }
  try {
    await call('GET', 'auth/me', { token });
    return null;
  } catch (error) {
    return error instanceof Refusal && error.isSignedOut ? error : null;
  }
}
