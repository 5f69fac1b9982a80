import http, { type ClientRequest, type IncomingMessage } from 'node:http';
import https, { type RequestOptions } from 'node:https';

export interface RequestBounds {
  readonly connectTimeoutMs: number;
  /** How long a connection may carry nothing. */
  readonly idleTimeoutMs: number;
  /** The slowest transfer of a request's body that is waited for, over and above `idleTimeoutMs`. */
  readonly minBytesPerSecond: number;
}

/** minio-js throws these answers away without reading them, which would keep their connection busy for ever. */
const UNREAD_STATUSES = new Set([408, 429, 499, 500, 502, 503, 504, 520]);

/** Sends minio-js's requests, which have no timeout of their own: connecting, silence and the whole upload are bounded. */
export class BoundedTransport {
  constructor(
    private readonly isSecure: boolean,
    private readonly bounds: RequestBounds,
    private readonly signal?: AbortSignal,
  ) {}

  /** minio-js passes options and a callback; the type that it asks for is that of all ways to call `http.request`. */
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

  /** `request.setTimeout` starts only after the connection stands. */
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

  /** A store that takes a byte now and then is never silent, so the way to the answer has a bound as well. */
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
