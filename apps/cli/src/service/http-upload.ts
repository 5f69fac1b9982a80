import { request as requestPlain, type ClientRequest, type IncomingMessage } from 'node:http';
import { request as requestSecure } from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  AbortedError,
  InvalidResponseError,
  readText,
  UnreachableError,
  type ClientResponse,
  type UploadRequest,
} from '@app/client';
import { Failure } from '../failure.js';
import type { UploadForm } from './upload-form.js';

/** Storing can take long after the last byte of a video, and a slow connection can pause. */
const STALL_MS = 5 * 60_000;
/** A server that does not know `100-continue` waits for the body. */
const CONTINUE_MS = 1_000;

type Upload = UploadRequest<UploadForm>;

/** Sends a file of known length with Node's http client: with fetch, the length would be unknown to the service. */
export async function httpUploadSender(upload: Upload): Promise<ClientResponse> {
  const { source: form, signal, onProgress } = upload;
  // An error of the file, which the request only reports as a broken connection.
  let fileError: Failure | null = null;
  const chunks = async function* (): AsyncGenerator<Buffer> {
    try {
      yield* form.chunks((bytes) => onProgress(bytes, form.sizeBytes));
    } catch (error) {
      // A broken connection is thrown in here, too.
      if (error instanceof Failure) fileError = error;
      throw error;
    }
  };
  try {
    return await exchange(upload, (request) => void sendBody(request, chunks));
  } catch (error) {
    if (signal.aborted) throw new AbortedError('The upload was aborted.');
    throw fileError ?? (error instanceof InvalidResponseError ? error : new UnreachableError(error));
  }
}

/** Returns the response. If it arrives before the whole body was sent, the rest of the body is not sent. */
async function exchange(
  { url, token, source: form, signal }: Upload,
  write: (request: ClientRequest) => void,
): Promise<ClientResponse> {
  if (signal.aborted) throw new AbortedError('The upload was aborted.');
  const send = url.startsWith('https:') ? requestSecure : requestPlain;
  const headers = { Authorization: `Bearer ${token}`, ...form.headers, Expect: '100-continue' };
  const request = send(url, { method: 'POST', headers, agent: false, signal });
  try {
    const response = await responseTo(request, write);
    const { statusCode: status = 0 } = response;
    const header = (name: string): string | null => response.headers[name.toLowerCase()]?.toString() ?? null;
    return { status, body: await readText(response as AsyncIterable<Buffer>), header };
  } finally {
    request.destroy();
  }
}

function responseTo(request: ClientRequest, write: (request: ClientRequest) => void): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.setTimeout(STALL_MS, () => request.destroy(new Error('the connection stalled')));
    request.once('response', resolve);
    // Never removed: after the response has started, the reader of its body sees a broken connection.
    request.on('error', reject);
    // Some responses, such as one that changes the protocol, end the connection without an error.
    request.once('close', () => reject(new Error('the connection was closed without a response')));
    write(request);
  });
}

/** Errors of the connection come out of the request; those of the file end it. */
async function sendBody(request: ClientRequest, chunks: () => AsyncGenerator<Buffer>): Promise<void> {
  request.flushHeaders();
  if (!(await shouldSend(request))) return;
  try {
    await pipeline(Readable.from(chunks(), { highWaterMark: 1 }), request);
  } catch (error) {
    request.destroy(error as Error);
  }
}

/** Resolves to false if the headers were rejected or the connection broke. */
function shouldSend(request: ClientRequest): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(true), CONTINUE_MS);
    const settle = (isAccepted: boolean) => (): void => {
      clearTimeout(timer);
      resolve(isAccepted);
    };
    request.once('continue', settle(true)).once('response', settle(false)).once('close', settle(false));
  });
}
