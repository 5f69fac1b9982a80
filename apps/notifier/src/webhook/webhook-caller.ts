import { request as requestHttp, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as requestHttps } from 'node:https';
import { Injectable } from '@nestjs/common';
import { checkLiteralHost, PrivateAddressError, publicLookup } from './public-address.js';
import { WebhookEnv } from './webhook.env.js';

export interface WebhookCall {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Ends the call when the notifier stops. */
  readonly signal: AbortSignal;
}

export interface WebhookAnswer {
  readonly httpStatus: number | null;
  /** A sentence for the owner of the webhook; null if the server accepted the call. */
  readonly error: string | null;
}

const SENTENCES: Record<string, string> = {
  ENOTFOUND: 'The name of the server cannot be resolved.',
  EAI_AGAIN: 'The name of the server cannot be resolved.',
  ECONNREFUSED: 'The server refused the connection.',
  ECONNRESET: 'The server closed the connection before it answered.',
  ETIMEDOUT: 'The server cannot be reached.',
  EHOSTUNREACH: 'The server cannot be reached.',
  ENETUNREACH: 'The server cannot be reached.',
};
const MAX_HEADER_BYTES = 16 * 1024;

/** Calls a user's server. Follows no redirect, reads no body, and connects to public addresses only. */
@Injectable()
export class WebhookCaller {
  constructor(private readonly env: WebhookEnv) {}

  /** Rejects only with the reason of `signal`; every other end is an answer. */
  async call(call: WebhookCall): Promise<WebhookAnswer> {
    const timeout = AbortSignal.timeout(this.env.WEBHOOK_TIMEOUT_SECONDS * 1000);
    try {
      const status = await this.post(call, AbortSignal.any([call.signal, timeout]));
      return { httpStatus: status, error: errorOfStatus(status) };
    } catch (error) {
      call.signal.throwIfAborted();
      return { httpStatus: null, error: this.sentenceOf(error, timeout) };
    }
  }

  private post({ url, headers, body }: WebhookCall, signal: AbortSignal): Promise<number> {
    const target = new URL(url);
    const options: RequestOptions = {
      method: 'POST',
      signal,
      // Uses a new connection each time: the server may never be called again.
      agent: false,
      maxHeaderSize: MAX_HEADER_BYTES,
      headers: {
        ...headers,
        'Content-Type': 'application/json',
        'Content-Length': Buffer.byteLength(body),
        'User-Agent': 'video-to-mp3',
      },
    };
    if (this.env.WEBHOOK_PRIVATE_ADDRESSES === 'refuse') {
      checkLiteralHost(target.hostname);
      options.lookup = publicLookup;
    }
    const send = target.protocol === 'https:' ? requestHttps : requestHttp;
    return new Promise((resolve, reject) => {
      const answered = (response: IncomingMessage): void => {
        resolve(response.statusCode ?? 0);
        // The status is all that counts: however long the body is, it is not read.
        response.destroy();
      };
      send(target, options, answered).once('error', reject).end(body);
    });
  }

  private sentenceOf(error: unknown, timeout: AbortSignal): string {
    if (timeout.aborted) return `The server did not answer within ${this.env.WEBHOOK_TIMEOUT_SECONDS} seconds.`;
    if (error instanceof PrivateAddressError) return 'The address is private. Only public addresses are called.';
    const { code = '', message } = error as NodeJS.ErrnoException;
    if (/CERT|SSL|TLS|SIGNATURE/.test(code)) return `The TLS certificate of the server is not trusted (${code}).`;
    if (code.startsWith('HPE_') || message.includes('Parse Error')) return 'The answer of the server is not HTTP.';
    return SENTENCES[code] ?? 'The connection to the server failed.';
  }
}

function errorOfStatus(status: number): string | null {
  if (status >= 200 && status < 300) return null;
  if (status >= 300 && status < 400) return `The server answered ${status}. Redirects are not followed.`;
  return `The server answered ${status}.`;
}
