import { connect, type Socket } from 'node:net';

export interface LoadOptions {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly connections: number;
  readonly durationMs: number;
}

export interface LoadResult {
  readonly requests: number;
  readonly perSecond: number;
  /** The durations of all requests, ascending. */
  readonly latenciesMs: readonly number[];
}

const HEAD_END = '\r\n\r\n';

/**
 * Repeats one GET request over several connections. It writes prepared bytes to plain sockets, because a general HTTP
 * client would use as much CPU as the server that it measures. Rejects on an answer other than 200.
 */
export async function loadHttp({ url, headers = {}, connections, durationMs }: LoadOptions): Promise<LoadResult> {
  const { host, hostname, port, pathname, search } = new URL(url);
  const lines = Object.entries({ host, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  const request = Buffer.from(`GET ${pathname}${search} HTTP/1.1\r\n${lines.join('')}\r\n`);
  const startedAt = performance.now();
  const until = startedAt + durationMs;
  const latencies = await Promise.all(
    Array.from({ length: connections }, () => repeat(connect(Number(port), hostname), request, until)),
  );
  const latenciesMs = latencies.flat().toSorted((a, b) => a - b);
  const requests = latenciesMs.length;
  return { requests, perSecond: (requests * 1000) / (performance.now() - startedAt), latenciesMs };
}

export function percentile(ascending: readonly number[], percent: number): number {
  return ascending[Math.min(ascending.length - 1, Math.floor((ascending.length * percent) / 100))] ?? NaN;
}

function repeat(socket: Socket, request: Buffer, until: number): Promise<number[]> {
  return new Promise((resolve, reject) => {
    const latencies: number[] = [];
    let received = '';
    let sentAt = 0;
    const send = (): void => {
      sentAt = performance.now();
      socket.write(request);
    };
    socket.setNoDelay().setEncoding('latin1').on('error', reject).once('connect', send);
    socket.once('close', () => reject(new Error('The server closed the connection')));
    socket.on('data', (text: string) => {
      received += text;
      const length = responseLength(received);
      if (length === null || received.length < length) return;
      if (!received.startsWith('HTTP/1.1 200 ')) {
        reject(new Error(received));
        socket.destroy();
        return;
      }
      received = '';
      latencies.push(performance.now() - sentAt);
      if (performance.now() < until) send();
      else {
        resolve(latencies);
        socket.destroy();
      }
    });
  });
}

/** Returns null until the head has arrived. */
function responseLength(received: string): number | null {
  const headEnd = received.indexOf(HEAD_END);
  if (headEnd === -1) return null;
  const length = /^content-length: (\d+)\r$/im.exec(received.slice(0, headEnd + 2))?.[1];
  return headEnd + HEAD_END.length + Number(length ?? 0);
}
