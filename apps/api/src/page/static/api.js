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
 *
 * @typedef {object} Problem RFC 9457
 * @property {string} [code]
 * @property {string} [detail]
 * @property {{ field: string, message: string }[]} [errors]
 *
 * @typedef {object} Transfer
 * @property {string} token
 * @property {AbortSignal} signal
 * @property {(part: number) => void} onProgress 0 to 1
 */

const TIMEOUT_MS = 15_000;
/** What a gateway says while the service behind it is away; the service's own answers carry a code. */
const GATEWAY_STATUSES = new Set([502, 503, 504]);

/** The service said no, in words for people. */
export class Refusal extends Error {
  /**
   * @param {number} status
   * @param {Problem} problem
   */
  constructor(status, problem) {
    super(problem.detail ?? `The service answered with an error (${status}). Try again later.`);
    this.status = status;
    this.code = problem.code ?? '';
    this.fields = problem.errors ?? [];
  }

  /** The token is no longer good: only a new sign-in helps. */
  get isSignedOut() {
    return this.code === 'unauthorized';
  }
}

/** Nobody answered: the service or the way to it is away, for now. */
export class Unreachable extends Error {}

/** The visitor stopped it. */
export class Stopped extends Error {}

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
    throw refusal(response.status, text);
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Unreachable('The service does not answer.', { cause: error });
  }
}

/**
 * XMLHttpRequest, because fetch does not tell how much of a body was sent. The browser reads the file from disk as it goes.
 * @param {File} file
 * @param {Transfer} transfer
 * @returns {Promise<Job>}
 */
export async function upload(file, transfer) {
  const form = new FormData();
  form.append('file', file);
  const request = new XMLHttpRequest();
  await sent(request, { ...transfer, method: 'POST', path: 'media/upload', body: form, measured: request.upload });
  if (request.status === 202) return JSON.parse(request.responseText);
  throw refusal(request.status, request.responseText);
}

/**
 * The MP3 as a blob: a download link cannot carry the token. Browsers keep large blobs on disk, not in memory.
 * @param {string} jobId
 * @param {Transfer} transfer
 * @returns {Promise<Blob>}
 */
export async function fetchOutput(jobId, transfer) {
  const request = new XMLHttpRequest();
  request.responseType = 'blob';
  await sent(request, { ...transfer, method: 'GET', path: `media/${jobId}/download`, body: null, measured: request });
  if (request.status === 200) return request.response;
  throw refusal(request.status, await request.response.text());
}

/**
 * @param {XMLHttpRequest} request
 * @param {Transfer & { method: string, path: string, body: FormData | null, measured: XMLHttpRequestEventTarget }} options
 * @returns {Promise<void>} resolves once there is an answer
 */
function sent(request, { method, path, body, token, signal, onProgress, measured }) {
  return new Promise((resolve, reject) => {
    const stop = () => request.abort();
    /** @param {() => void} settle */
    const settled = (settle) => () => {
      signal.removeEventListener('abort', stop);
      settle();
    };
    request.addEventListener('load', settled(resolve));
    request.addEventListener(
      'error',
      settled(() => reject(new Unreachable('The connection broke.'))),
    );
    request.addEventListener(
      'abort',
      settled(() => reject(new Stopped())),
    );
    measured.addEventListener('progress', (event) => {
      const { lengthComputable, loaded, total } = /** @type {ProgressEvent} */ (event);
      if (lengthComputable && total > 0) onProgress(loaded / total);
    });
    signal.addEventListener('abort', stop);
    request.open(method, path);
    request.setRequestHeader('Authorization', `Bearer ${token}`);
    request.send(body);
  });
}

/**
 * @param {number} status
 * @param {string} text
 */
function refusal(status, text) {
  const problem = problemOf(text);
  if (problem.code === undefined && GATEWAY_STATUSES.has(status))
    return new Unreachable('The service does not answer.');
  return new Refusal(status, problem);
}

/**
 * @param {string} text
 * @returns {Problem}
 */
function problemOf(text) {
  try {
    const problem = JSON.parse(text);
    return typeof problem === 'object' && problem !== null ? problem : {};
  } catch {
    return {};
  }
}
