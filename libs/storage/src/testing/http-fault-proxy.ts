import { once } from 'node:events';
import {
  createServer,
  request as sendRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { pipeline, Transform } from 'node:stream';

/** The fate of a request to the store. */
export type Fault =
  | { readonly kind: 'none' }
  /** The connection breaks before the store sees the request. */
  | { readonly kind: 'reset' }
  /** The request is accepted and never answered. */
  | { readonly kind: 'freeze' }
  | { readonly kind: 'status'; readonly status: number }
  /** The store does its work, but its response is lost. */
  | { readonly kind: 'lose-answer' }
  /** After this many bytes of the response body, the connection breaks or falls silent. */
  | { readonly kind: 'cut-body' | 'stall-body'; readonly afterBytes: number }
  /** The store answers with an object of another ETag, as one that does not know If-Match. */
  | { readonly kind: 'other-etag' };

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** The requested bytes, as `start-end`; null without a range. */
  readonly range: string | null;
  /** The number of requests with this method and URL so far, including this one. */
  readonly count: number;
}

/** A proxy in front of an S3 server that fails chosen requests. */
export class HttpFaultProxy {
  readonly seen: SeenRequest[] = [];
  /** Frozen requests whose client is still connected. */
  readonly frozen = new Set<IncomingMessage>();
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly target: string,
    private readonly faultOf: (request: SeenRequest) => Fault,
  ) {}

  static async start(target: string, faultOf: (request: SeenRequest) => Fault): Promise<HttpFaultProxy> {
    const server = createServer();
    const proxy = new HttpFaultProxy(server, target, faultOf);
    server.on('request', (request, response) => proxy.handle(request, response));
    server.on('connection', (socket) => proxy.sockets.add(socket));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get endpoint(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  private handle(request: IncomingMessage, response: ServerResponse): void {
    const fault = this.faultOf(this.record(request));
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    if (fault.kind === 'freeze') return this.freeze(request);
    if (fault.kind === 'reset') return void request.socket.resetAndDestroy();
    if (fault.kind === 'status') {
      request.resume();
      response.writeHead(fault.status).end('<Error><Code>Injected</Code></Error>');
      return;
    }
    this.forward(request, response, fault);
  }

  private freeze(request: IncomingMessage): void {
    this.frozen.add(request);
    // The end of a connection is only seen while it is being read.
    request.resume();
    request.socket.once('close', () => this.frozen.delete(request));
  }

  private record(request: IncomingMessage): SeenRequest {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://store');
    const range = request.headers.range?.replace('bytes=', '') ?? null;
    const method = request.method ?? '';
    const count = this.seen.filter(
      (seen) => seen.method === method && seen.path === pathname && String(seen.query) === String(searchParams),
    ).length;
    const seen = { method, path: pathname, query: searchParams, range, count: count + 1 };
    this.seen.push(seen);
    return seen;
  }

  private forward(request: IncomingMessage, response: ServerResponse, fault: Fault): void {
    const [host, port] = this.target.split(':');
    const { method, url: path, headers } = request;
    const onward = sendRequest({ host, port, method, path, headers, agent: false }, (answer) => {
      if (fault.kind === 'lose-answer') {
        answer.resume().once('end', () => request.socket.resetAndDestroy());
        return;
      }
      if (fault.kind === 'other-etag') response.writeHead(answer.statusCode ?? 500, { ...answer.headers, etag: '"0"' });
      else response.writeHead(answer.statusCode ?? 500, answer.rawHeaders);
      pipeline(
        answer,
        limit(fault, () => request.socket.destroy()),
        response,
        () => undefined,
      );
    });
    pipeline(request, onward, () => undefined);
  }
}

function limit(fault: Fault, breakOff: () => void): Transform {
  let left = 'afterBytes' in fault ? fault.afterBytes : Number.POSITIVE_INFINITY;
  return new Transform({
    transform(chunk: Buffer, _encoding, callback) {
      const passed = chunk.subarray(0, left);
      left -= passed.length;
      this.push(passed);
      if (left > 0) return callback();
      if (fault.kind === 'cut-body') setImmediate(breakOff);
    },
  });
}
