import { AbortedError, checkStatus, InvalidResponseError, UnreachableError } from '../client/index.js';

/**
 * Transfers of files of any size: the browser reads and writes them on disk, so that no script holds their bytes.
 *
 * @typedef {import('../client/index.js').UploadRequest<File>} UploadRequest
 * @typedef {import('../client/index.js').ClientResponse} ClientResponse
 */

/** Longer than the service itself waits for anything; without a bound, a frozen service would be waited for forever. */
const STALL_MS = 120_000;

/**
 * Sends an upload by XMLHttpRequest, because fetch does not report how much of a body was sent.
 * @type {import('../client/index.js').UploadSender<File>}
 */
export async function sendUpload({ url, token, source, signal, onProgress }) {
  const body = new FormData();
  body.append('file', source);
  const request = new XMLHttpRequest();
  await send(request, { method: 'POST', url, token, body, signal, onProgress, measured: request.upload });
  return responseOf(request, request.responseText);
}

/**
 * Fetches the MP3 as a blob, because a download link cannot carry the token.
 * @param {Omit<UploadRequest, 'source'>} transfer
 * @returns {Promise<Blob>}
 */
export async function fetchBlob({ url, token, signal, onProgress }) {
  const request = new XMLHttpRequest();
  request.responseType = 'blob';
  await send(request, { method: 'GET', url, token, body: null, signal, onProgress, measured: request });
  if (request.status === 200) return request.response;
  checkStatus(responseOf(request, await request.response.text()), url);
  throw new InvalidResponseError();
}

/**
 * @param {XMLHttpRequest} request
 * @param {string} body
 * @returns {ClientResponse}
 */
function responseOf(request, body) {
  return { status: request.status, body, header: (name) => request.getResponseHeader(name) };
}

/**
 * @param {XMLHttpRequest} request
 * @param {Omit<UploadRequest, 'source'> & { method: string, body: FormData | null, measured: XMLHttpRequestEventTarget }} options
 * @returns {Promise<void>} resolves when the response has arrived
 */
function send(request, { method, url, body, token, signal, onProgress, measured }) {
  return new Promise((resolve, reject) => {
    const abort = () => request.abort();
    const stalled = () => {
      reject(new UnreachableError(new Error('The connection stalled.')));
      abort();
    };
    let timer = setTimeout(stalled, STALL_MS);
    request.addEventListener('loadend', () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    });
    request.addEventListener('load', () => resolve());
    request.addEventListener('error', () => reject(new UnreachableError(new Error('The connection broke.'))));
    request.addEventListener('abort', () => reject(new AbortedError('The transfer was aborted.')));
    measured.addEventListener('progress', (event) => {
      clearTimeout(timer);
      timer = setTimeout(stalled, STALL_MS);
      const { lengthComputable, loaded, total } = /** @type {ProgressEvent} */ (event);
      if (lengthComputable && total > 0) onProgress(loaded, total);
    });
    signal.addEventListener('abort', abort);
    request.open(method, url);
    request.setRequestHeader('Authorization', `Bearer ${token}`);
    request.send(body);
    if (signal.aborted) abort();
  });
}
