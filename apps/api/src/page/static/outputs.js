import { fetchOutput, Refusal, Stopped } from './api.js';
import { mp3Name } from './words.js';

/** @typedef {import('./conversion.js').Conversion} Conversion */

/** A browser begins a download some time after the click. */
const DOWNLOAD_START_MS = 60_000;

/** Finished MP3s in this browser: one at a time is kept, the one that is open for listening. */
export class Outputs {
  /** @type {{ conversion: Conversion, url: string, close: () => void } | null} */
  #open = null;
  #leaving = new AbortController();

  /** @param {{ token: () => string | null, onSignedOut: () => void }} options */
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

  /** Also stops what is being fetched. */
  leave() {
    this.close();
    this.#leaving.abort();
    this.#leaving = new AbortController();
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
    const blob = await fetchOutput(conversion.jobId ?? '', { token, signal: this.#leaving.signal, onProgress });
    return URL.createObjectURL(blob);
  }

  /**
   * @param {unknown} error
   * @returns {string} why there is no MP3, for people; empty where they stopped it themselves
   */
  explain(error) {
    if (error instanceof Stopped) return '';
    if (error instanceof Refusal && error.isSignedOut) {
      this.onSignedOut();
      return '';
    }
    return error instanceof Refusal ? error.message : 'The service does not answer. Try again in a moment.';
  }
}
