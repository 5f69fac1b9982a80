import { Refusal, Stopped } from './refusal.js';
import { fetchOutput } from './transfer.js';
import { mp3Name } from './words.js';

/** @typedef {import('./conversion.js').Conversion} Conversion */

/** A browser begins a download some time after the click. */
const DOWNLOAD_START_MS = 60_000;

/** Finished MP3s in this browser: one at a time is kept, the one that is open for listening. */
export class Outputs {
  /** @type {{ conversion: Conversion, url: string, close: () => void } | null} */
  #open = null;
  /** @type {Set<{ conversion: Conversion, controller: AbortController }>} */
  #fetches = new Set();

  /** @param {{ token: () => string | null, onSignedOut: (token: string) => void }} options */
  constructor({ token, onSignedOut }) {
    this.token = token;
    this.onSignedOut = onSignedOut;
  }

  /**
   * @param {Conversion} conversion
   * @param {{ onProgress: (part: number) => void, onClose: () => void }} listener
   * @returns {Promise<string>} an address for an audio element, good until `onClose`
   */
  async open(conversion, { onProgress, onClose }) {
    const url = await this.#fetch(conversion, onProgress);
    this.close();
    this.#open = { conversion, url, close: onClose };
    return url;
  }

  /** @param {Conversion} [only] */
  close(only = this.#open?.conversion) {
    if (this.#open === null || this.#open.conversion !== only) return;
    const { url, close } = this.#open;
    this.#open = null;
    close();
    URL.revokeObjectURL(url);
  }

  /**
   * Nobody wants it any more: it is not played on, and not fetched to its end.
   * @param {Conversion} conversion
   */
  abandon(conversion) {
    this.close(conversion);
    for (const fetching of this.#fetches) if (fetching.conversion === conversion) fetching.controller.abort();
  }

  abandonAll() {
    this.close();
    for (const { controller } of this.#fetches) controller.abort();
  }

  /**
   * @param {Conversion} conversion
   * @param {(part: number) => void} onProgress
   */
  async download(conversion, onProgress) {
    const open = this.#open?.conversion === conversion ? this.#open.url : null;
    const url = open ?? (await this.#fetch(conversion, onProgress));
    const link = document.createElement('a');
    link.href = url;
    link.download = mp3Name(conversion.filename);
    link.click();
    if (open === null) setTimeout(() => URL.revokeObjectURL(url), DOWNLOAD_START_MS);
  }

  /**
   * @param {Conversion} conversion
   * @param {(part: number) => void} onProgress
   */
  async #fetch(conversion, onProgress) {
    const token = this.token() ?? '';
    const controller = new AbortController();
    const fetching = { conversion, controller };
    this.#fetches.add(fetching);
    try {
      const blob = await fetchOutput(conversion.jobId ?? '', { token, signal: controller.signal, onProgress });
      return URL.createObjectURL(blob);
    } catch (error) {
      if (!(error instanceof Refusal && error.isSignedOut)) throw error;
      this.onSignedOut(token);
      throw new Stopped();
    } finally {
      this.#fetches.delete(fetching);
    }
  }

  /**
   * @param {unknown} error
   * @returns {string} why there is no MP3, for people; empty where they stopped it themselves
   */
  explain(error) {
    if (error instanceof Stopped) return '';
    return error instanceof Refusal ? error.message : 'The service does not answer. Try again in a moment.';
  }
}
