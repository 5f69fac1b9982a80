import http, { type ClientRequest, type IncomingMessage } from 'node:http';
import https, { type RequestOptions } from 'node:https';

export interface RequestBounds {
  readonly connectTimeoutMs: number;
  /** The time for which a connection can be silent. */
  readonly idleTimeoutMs: number;
  /** The slowest accepted transfer of a request body, in addition to `idleTimeoutMs`. */
  readonly minBytesPerSecond: number;
}

/** minio-js does not read the bodies of these responses, which would keep their connections busy forever. */
const UNREAD_STATUSES = new Set([408, 429, 499, 500, 502, 503, 504, 520]);

/** Adds timeouts to the requests of minio-js, which has none: for connecting, for silence and for the whole upload. */
export class BoundedTransport {
  constructor(
    private readonly isSecure: boolean,
    private readonly bounds: RequestBounds,
    private readonly signal?: AbortSignal,
  ) {}

  /** minio-js passes options and a callback; its type covers all signatures of `http.request`. */
  request(...args: unknown[]): ClientRequest {
    const [options, onResponse] = args as [RequestOptions, (response: IncomingMessage) => void];
    const { request: send } = this.isSecure ? https : http;
    const request = send({ ...options, signal: this.signal }, onResponse);
    this.boundConnecting(request);
    this.boundAnswer(request, Number(request.getHeader('content-length') ?? 0));
    const { idleTimeoutMs } = this.bounds;
    request.setTimeout(idleTimeoutMs, () => request.destroy(new Error(`The store was silent for ${idleTimeoutMs} ms`)));
    request.once('response', (response) => {
      if (UNREAD_STATUSES.has(response.statusCode ?? 0)) response.resume();
    });
    return request;
  }

  /** `request.setTimeout` starts only after the connection is established. */
  private boundConnecting(request: ClientRequest): void {
    const { connectTimeoutMs } = this.bounds;
    request.once('socket', (socket) => {
      if (!socket.connecting) return;
      const timer = setTimeout(
        () => request.destroy(new Error(`No connection to the store within ${connectTimeoutMs} ms`)),
        connectTimeoutMs,
      );
      const stop = (): void => clearTimeout(timer);
      socket.once(this.isSecure ? 'secureConnect' : 'connect', stop);
      request.once('close', stop);
    });
  }

  /** Limits the time until the response, because a store that reads single bytes is never silent. */
  private boundAnswer(request: ClientRequest, bodyBytes: number): void {
    const { connectTimeoutMs, idleTimeoutMs, minBytesPerSecond } = this.bounds;
    const totalMs = connectTimeoutMs + idleTimeoutMs + Math.ceil((bodyBytes / minBytesPerSecond) * 1_000);
    const timer = setTimeout(
      () => request.destroy(new Error(`No answer from the store within ${totalMs} ms`)),
      totalMs,
    );
    const stop = (): void => clearTimeout(timer);
    request.once('response', stop);
    request.once('close', stop);
  }
}
