import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

const HOST = '127.0.0.1';
/** As much as can wait for its turn, so that the sender notices the limit. */
const MAX_QUEUE_MS = 50;

export interface LinkSpeed {
  /** The rate of all connections together, towards the client. */
  readonly bytesPerSecond: number;
  readonly roundTripMs: number;
}

/** A TCP proxy that is as slow as a network, with one more round trip to connect, and without a slow start. */
export class SlowLink {
  /** Bytes that were sent to clients. */
  bytes = 0;
  private freeAtMs = 0;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly target: string,
    private readonly speed: LinkSpeed,
  ) {}

  static async start(target: string, speed: LinkSpeed): Promise<SlowLink> {
    const server = createServer({ allowHalfOpen: true });
    const link = new SlowLink(server, target, speed);
    server.on('connection', (client) => link.accept(client));
    server.listen(0, HOST);
    await once(server, 'listening');
    return link;
  }

  get endpoint(): string {
    return `${HOST}:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  private accept(client: Socket): void {
    const [host = HOST, port] = this.target.split(':');
    const target = connect({ host, port: Number(port), allowHalfOpen: true });
    for (const [socket, other] of [
      [client, target],
      [target, client],
    ] as const) {
      this.sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => other.destroy());
      socket.once('close', () => {
        this.sockets.delete(socket);
        other.destroy();
      });
    }
    const { roundTripMs } = this.speed;
    const openAt = performance.now() + roundTripMs;
    const up = new DelayedPipe(client, target);
    client.on('data', (chunk: Buffer) => up.send(chunk, Math.max(openAt, performance.now()) + roundTripMs / 2));
    const down = new DelayedPipe(target, client);
    target.on('data', (chunk: Buffer) => down.send(chunk, this.turnOf(target, chunk) + roundTripMs / 2));
  }

  /** Returns when the chunk has passed the bottleneck. */
  private turnOf(from: Socket, chunk: Buffer): number {
    this.bytes += chunk.length;
    const now = performance.now();
    this.freeAtMs = Math.max(now, this.freeAtMs) + (chunk.length * 1000) / this.speed.bytesPerSecond;
    const queueMs = this.freeAtMs - now;
    if (queueMs > MAX_QUEUE_MS) {
      from.pause();
      setTimeout(() => from.resume(), queueMs - MAX_QUEUE_MS / 2);
    }
    return this.freeAtMs;
  }
}

/** Delivers chunks in order, each not before its time. */
class DelayedPipe {
  private readonly waiting: { readonly chunk: Buffer; readonly at: number }[] = [];
  private timer: NodeJS.Timeout | null = null;

  constructor(
    from: Socket,
    private readonly to: Socket,
  ) {
    from.once('end', () => this.send(Buffer.alloc(0), performance.now()));
  }

  send(chunk: Buffer, at: number): void {
    this.waiting.push({ chunk, at: Math.max(at, this.waiting.at(-1)?.at ?? 0) });
    this.timer ??= setTimeout(() => this.deliver(), at - performance.now());
  }

  private deliver(): void {
    this.timer = null;
    for (let next = this.waiting[0]; next !== undefined; next = this.waiting[0]) {
      const early = next.at - performance.now();
      if (early > 0.5) {
        this.timer = setTimeout(() => this.deliver(), early);
        return;
      }
      this.waiting.shift();
      if (next.chunk.length === 0) this.to.end();
      else this.to.write(next.chunk);
    }
  }
}
