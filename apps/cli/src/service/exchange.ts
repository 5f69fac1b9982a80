import { request as requestPlain, type Agent, type ClientRequest, type IncomingMessage } from 'node:http';
import { request as requestSecure } from 'node:https';
import { Failure, Stopped } from '../failure.js';
import { printable } from '../screen/printable.js';
import { Refusal, readText, Unreachable } from './refusal.js';

export interface Exchange {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string | number>>;
  /** Without one, the connection is the request's own. */
  readonly agent?: Agent;
  /** After so long without a byte in either direction the connection counts as broken. */
  readonly stallMs: number;
  readonly signal: AbortSignal;
}

/** Writes the body and ends the request. */
export type BodyWriter = (request: ClientRequest) => void;

/**
 * Sends one request and returns its good answer, whose body the caller reads. Redirects are not followed: a token
 * must not get to another place than the one that it was given by.
 */
export async function exchange(options: Exchange, write: BodyWriter): Promise<IncomingMessage> {
  const { url, signal } = options;
  if (signal.aborted) throw new Stopped();
  const { request, response } = await answerTo(options, write).catch((error: unknown) => {
    throw signal.aborted ? new Stopped() : error instanceof Failure ? error : new Unreachable(error);
  });
  const { statusCode = 0 } = response;
  if (statusCode >= 200 && statusCode < 300) return response;
  try {
    throw refusalOf(url, response, await readText(response).catch(() => ''));
  } finally {
    // The rest of a body that was refused is not sent.
    request.destroy();
  }
}

function answerTo(
  { url, method, headers, agent, stallMs, signal }: Exchange,
  write: BodyWriter,
): Promise<{ request: ClientRequest; response: IncomingMessage }> {
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? requestSecure : requestPlain;
    const request = send(url, { method, headers, agent: agent ?? false, signal });
    request.setTimeout(stallMs, () => request.destroy(new Error('the connection stood still')));
    request.once('response', (response) => resolve({ request, response }));
    // Stays: after the answer has begun, the reader of its body hears of a broken connection.
    request.on('error', reject);
    // Some answers, such as one that changes the protocol, end the connection without an error.
    request.once('close', () => reject(new Error('the connection was closed without an answer')));
    write(request);
  });
}

function refusalOf(url: URL, response: IncomingMessage, body: string): Error {
  const { statusCode = 0, headers } = response;
  if (statusCode < 300 || statusCode >= 400) return Refusal.of(response, body);
  const target = headers.location === undefined ? 'another address' : printable(targetOf(url, headers.location));
  return new Failure(
    'redirected',
    `The service sends on to ${target}. Nothing was sent there. Where you trust it, give that address with --url.`,
  );
}

function targetOf(url: URL, location: string): string {
  try {
    return new URL(location, url).origin;
  } catch {
    return 'another address';
  }
}
