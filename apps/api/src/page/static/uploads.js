import { call, Refusal, Stopped, upload } from './api.js';

/** @typedef {import('./conversion.js').Conversion} Conversion */

/** More at a time would only share the same line, and each would take longer to be of use. */
const AT_A_TIME = 2;

/** Sends files, a few at a time and in the order in which they were chosen. */
export class Uploads {
  /** @type {Conversion[]} */
  #waiting = [];
  /** @type {Map<Conversion, AbortController>} */
  #running = new Map();

  /** @param {{ token: () => string | null, onAccepted: (conversion: Conversion) => void, onSignedOut: () => void }} options */
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
    this.#waiting.push(conversion);
    this.resume();
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
  }

  /** Starts what waits, as far as there is room; nothing is sent while nobody is signed in. */
  resume() {
    while (this.#running.size < AT_A_TIME) {
      const token = this.token();
      const next = token === null ? undefined : this.#waiting.shift();
      if (token === null || next?.file == null) return;
      void this.#send(next, next.file, token);
    }
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
      conversion.follow(job);
      this.onAccepted(conversion);
    } catch (error) {
      const isCutOff = !(error instanceof Refusal || error instanceof Stopped);
      this.#explain(conversion, (isCutOff && (await refusalOf(token))) || error);
    } finally {
      this.#running.delete(conversion);
      this.resume();
    }
  }

  /**
   * @param {Conversion} conversion
   * @param {unknown} error
   */
  #explain(conversion, error) {
    if (error instanceof Stopped) {
      conversion.moveTo('stopped');
    } else if (error instanceof Refusal && error.isSignedOut) {
      this.#waiting.unshift(conversion);
      conversion.moveTo('signed-out');
      this.onSignedOut();
    } else if (error instanceof Refusal) {
      const message = error.fields.map((field) => field.message).join('. ') || error.message;
      conversion.moveTo('not-sent', { message });
    } else {
      // Not sent again by itself: the answer may be what was lost, and then the service has the file already.
      const message = 'The connection broke before the service had the whole video. Try again when it is back.';
      conversion.moveTo('not-sent', { message });
    }
  }
}

/**
 * Where the service refuses a large file early, the browser may only see that the connection broke.
 * @param {string} token
 * @returns {Promise<Refusal | null>} what the service has against the token
 */
async function refusalOf(token) {
  try {
    await call('GET', 'auth/me', { token });
    return null;
  } catch (error) {
    return error instanceof Refusal && error.isSignedOut ? error : null;
  }
}
