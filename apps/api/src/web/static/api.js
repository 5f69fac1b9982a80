import { Refusal, refusalOf, Unreachable } from './refusal.js';

/**
 * The REST API of this service, as the page uses it. Addresses are relative, so that the service may stand below any path.
 *
 * @typedef {object} Job what the page reads of a conversion job
 * @property {string} id
 * @property {'PENDING' | 'PROCESSING' | 'DONE' | 'FAILED' | 'CANCELED'} status
 * @property {string} filename
 * @property {number} size in bytes, of the video
 * @property {number} progress 0 to 100
 * @property {string | null} error_message
 * @property {boolean | null} retryable
 * @property {number | null} duration in seconds, of the MP3
 * @property {number | null} output_size in bytes
 */

const TIMEOUT_MS = 15_000;

/**
 * @param {string} method
 * @param {string} path
 * @param {{ token?: string, body?: object }} [options]
 * @returns {Promise<any>} the JSON of the answer
 */
export async function call(method, path, { token, body } = {}) {
  /** @type {Record<string, string>} */
  const headers = {};
  if (token !== undefined) headers.Authorization = `Bearer ${token}`;
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const response = await fetch(path, { method, headers, signal, ...(body && { body: JSON.stringify(body) }) });
    const text = await response.text();
    if (response.ok) return JSON.parse(text);
    throw refusalOf(response.status, text, response.headers.get('Retry-After'));
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Unreachable('The service does not answer.', { cause: error });
  }
}
