import { AbortedError, backOffMs, ProblemError, UnreachableError } from '../client/index.js';
import { service } from './service.js';

/** @typedef {import('./conversion.js').Conversion} Conversion */

/** More would share the same connection, and each would take longer. */
const UPLOADS_AT_A_TIME = 2;
/** A connection that breaks this often in the middle of a video will not carry it to its end. */
const MAX_INTERRUPTIONS = 5;
const DEFAULT_RETRY_AFTER_MS = 5_000;

const UNAVAILABLE = 'The connection to the service was lost. The upload will start again by itself.';
const NOT_NOW = 'The service cannot accept videos right now. The upload will start again by itself.';
const UNREADABLE = 'The file can no longer be read. Check that it was not moved or changed, then choose it again.';
const BROKEN = 'The connection broke several times. Check it, then try again.';
/** Not repeated by itself: perhaps only the answer was lost, and the service has the file already. */
const UNKNOWN = 'The connection broke before the service confirmed the video. Try again.';

/** Sends files, a few at a time, in the order in which they were chosen. */
export class Uploads {
  /** @type {Conversion[]} */
  #waiting = [];
  /** @type {Map<Conversion, AbortController>} */
  #running = new Map();
  /** In a row, of any file. */
  #failures = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} set while no upload starts, because it would fail now */
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
  cancel(conversion) {
    this.#waiting = this.#waiting.filter((other) => other !== conversion);
    const running = this.#running.get(conversion);
    if (running === undefined) conversion.moveTo('canceled');
    else running.abort();
  }

  cancelAll() {
    for (const conversion of [...this.#waiting, ...this.#running.keys()]) this.cancel(conversion);
    this.#release();
  }

  /** Continues without waiting, because the service probably responds again. */
  resume() {
    this.#release();
    this.#start();
  }

  /** Starts waiting uploads; nothing is sent while nobody is signed in. */
  #start() {
    while (this.#running.size < UPLOADS_AT_A_TIME && this.#hold === undefined) {
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
      const job = await service.upload({
        source: file,
        token,
        signal: controller.signal,
        onProgress: (bytes, totalBytes) =>
          conversion.moveTo(bytes < totalBytes ? 'uploading' : 'storing', { fraction: bytes / totalBytes }),
      });
      this.#failures = 0;
      conversion.follow(job);
      this.onAccepted(conversion);
    } catch (error) {
      this.#settle(conversion, (isBrokenOff(error) && (await reasonFor(file, token))) || error, token);
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
    if (error instanceof AbortedError || this.#running.get(conversion)?.signal.aborted === true) {
      conversion.moveTo('canceled');
    } else if (error instanceof UnreadableFileError) {
      conversion.moveTo('not-sent', { message: UNREADABLE });
    } else if (isBrokenOff(error)) {
      this.#interrupted(conversion);
    } else if (error instanceof ProblemError && error.isUnauthorized) {
      this.#waiting.unshift(conversion);
      conversion.moveTo('signed-out');
      this.onSignedOut(token);
    } else if (error instanceof ProblemError && (error.status === 503 || error.status === 429)) {
      const message = error.status === 503 ? NOT_NOW : error.message;
      this.#sendLater(conversion, message, error.retryAfterMs ?? DEFAULT_RETRY_AFTER_MS);
    } else {
      conversion.moveTo('not-sent', { message: /** @type {Error} */ (error).message });
    }
  }

  /**
   * Sends a video again whose end was not sent: the service cannot have it.
   * @param {Conversion} conversion
   */
  #interrupted(conversion) {
    if (conversion.fraction === 1) {
      conversion.moveTo('not-sent', { message: UNKNOWN });
      return;
    }
    if (conversion.fraction > 0) conversion.interruptions += 1;
    if (conversion.interruptions >= MAX_INTERRUPTIONS) conversion.moveTo('not-sent', { message: BROKEN });
    else this.#sendLater(conversion, UNAVAILABLE, backOffMs((this.#failures += 1)));
  }

  /**
   * @param {Conversion} conversion
   * @param {string} message
   * @param {number} pauseMs
   */
  #sendLater(conversion, message, pauseMs) {
    this.#waiting.unshift(conversion);
    this.#holdFor(pauseMs);
    conversion.moveTo('interrupted', { message });
  }
}

class UnreadableFileError extends Error {}

/** @param {unknown} error */
function isBrokenOff(error) {
  return error instanceof UnreachableError || (error instanceof ProblemError && error.isFromGateway);
}

/**
 * Returns why an upload broke, if it was not the connection: browsers report a broken connection also if the file is
 * gone, or if the service rejected a large upload early.
 * @param {File} file
 * @param {string} token
 * @returns {Promise<ProblemError | UnreadableFileError | null>}
 */
async function reasonFor(file, token) {
  try {
    await file.slice(0, 1).arrayBuffer();
  } catch (cause) {
    return new UnreadableFileError('The file cannot be read.', { cause });
  }
  try {
    await service.currentUser(token);
    return null;
  } catch (error) {
    return error instanceof ProblemError && error.isUnauthorized ? error : null;
  }
}
