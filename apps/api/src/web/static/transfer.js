import { refusalOf, Stopped, Unreachable } from './refusal.js';

/**
 * Files on their way to the service and back, of any size: the browser reads and writes them on disk as it goes, and no
 * script holds their bytes.
 *
 * @typedef {object} Transfer
 * @property {string} token
 * @property {AbortSignal} signal
 * @property {(part: number) => void} onProgress 0 to 1
 */

/** Longer than the service itself waits for anything; without a bound a frozen one would be waited for until the night. */
const STALL_MS = 120_000;

/**
 * XMLHttpRequest, because fetch does not tell how much of a body was sent.
 * @param {File} file
 * @param {Transfer} transfer
 * @returns {Promise<import('./api.js').Job>}
 */
export async function upload(file, transfer) {
  const form = new FormData();
  form.append('file', file);
  const request = new XMLHttpRequest();
  await sent(request, { ...transfer, method: 'POST', path: 'media/upload', body: form, measured: request.upload });
  if (request.status === 202) return JSON.parse(request.responseText);
  throw refusalOf(request.status, request.responseText, request.getResponseHeader('Retry-After'));
}

/**
 * The MP3 as a blob: a download link cannot carry the token.
 * @param {string} jobId
 * @param {Transfer} transfer
 * @returns {Promise<Blob>}
 */
export async function fetchOutput(jobId, transfer) {
  const request = new XMLHttpRequest();
  request.responseType = 'blob';
  const path = `media/${encodeURIComponent(jobId)}/download`;
  await sent(request, { ...transfer, method: 'GET', path, body: null, measured: request });
  if (request.status === 200) return request.response;
  throw refusalOf(request.status, await request.response.text(), request.getResponseHeader('Retry-After'));
}

/**
 * @param {XMLHttpRequest} request
 * @param {Transfer & { method: string, path: string, body: FormData | null, measured: XMLHttpRequestEventTarget }} options
 * @returns {Promise<void>} resolves once there is an answer
 */
function sent(request, { method, path, body, token, signal, onProgress, measured }) {
  return new Promise((resolve, reject) => {
    const stop = () => request.abort();
    const stalled = () => {
      reject(new Unreachable('Nothing moves.'));
      stop();
    };
    let timer = setTimeout(stalled, STALL_MS);
    request.addEventListener('loadend', () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    });
    request.addEventListener('load', () => resolve());
    request.addEventListener('error', () => reject(new Unreachable('The connection broke.')));
    request.addEventListener('abort', () => reject(new Stopped()));
    measured.addEventListener('progress', (event) => {
      clearTimeout(timer);
      timer = setTimeout(stalled, STALL_MS);
      const { lengthComputable, loaded, total } = /** @type {ProgressEvent} */ (event);
      if (lengthComputable && total > 0) onProgress(loaded / total);
    });
    signal.addEventListener('abort', stop);
    request.open(method, path);
    request.setRequestHeader('Authorization', `Bearer ${token}`);
    request.send(body);
    if (signal.aborted) stop();
  });
}
