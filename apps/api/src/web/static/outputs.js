import { outputName } from '../client/index.js';
import { service } from './service.js';
import { requestAsUser } from './user-request.js';
import { fetchBlob } from './xhr-transfer.js';

/** @typedef {import('./conversion.js').Conversion} Conversion */

/** A browser starts a download some time after the click. */
const DOWNLOAD_START_MS = 60_000;

/** Finished MP3s in this browser. Only the one that is being played is kept. */
export class Outputs {
  /** @type {{ conversion: Conversion, url: string, close: () => void } | null} */
  #open = null;
  /** @type {Set<{ conversion: Conversion, controller: AbortController }>} */
  #fetches = new Set();

  /** @param {import('./user-request.js').UserSession} session */
  constructor(session) {
    this.session = session;
  }

  /**
   * Fetches an MP3 to play it.
   * @param {Conversion} conversion
   * @param {{ onProgress: (fraction: number) => void, onClose: () => void }} listener
   * @returns {Promise<string>} an address for an audio element, valid until `onClose`
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
   * Stops playing and fetching an MP3.
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
   * @param {(fraction: number) => void} onProgress
   */
  async download(conversion, onProgress) {
    const open = this.#open?.conversion === conversion ? this.#open.url : null;
    const url = open ?? (await this.#fetch(conversion, onProgress));
    const link = document.createElement('a');
    link.href = url;
    link.download = outputName(conversion.filename);
    link.click();
    if (open === null) setTimeout(() => URL.revokeObjectURL(url), DOWNLOAD_START_MS);
  }

  /**
   * @param {Conversion} conversion
   * @param {(fraction: number) => void} onProgress
   */
  async #fetch(conversion, onProgress) {
    const controller = new AbortController();
    const fetching = { conversion, controller };
    this.#fetches.add(fetching);
    try {
      const url = service.downloadUrl(conversion.jobId ?? '');
      const blob = await requestAsUser(this.session, (token) =>
        fetchBlob({
          url,
          token,
          signal: controller.signal,
          onProgress: (bytes, totalBytes) => onProgress(bytes / totalBytes),
        }),
      );
      return URL.createObjectURL(blob);
    } finally {
      this.#fetches.delete(fetching);
    }
  }
}
