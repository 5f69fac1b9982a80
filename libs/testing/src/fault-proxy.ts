import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { once } from 'node:events';

const HOST = '127.0.0.1';
const TICK_MS = 50;

interface Link {
  readonly client: Socket;
  readonly target: Socket;
}

/**
 * A TCP proxy between a client and a service that fails like networks and frozen services do. It does not interpret the
 * bytes, so it works for AMQP, PostgreSQL and S3.
 */
export class FaultProxy {
  private readonly links = new Set<Link>();
  private readonly waiting = new Set<Socket>();
  private isHeld = false;
  private bytesPerSecond: number | undefined;

  private constructor(
    private server: Server,
    readonly port: number,
    private readonly target: { host: string; port: number },
  ) {}

  static async start(targetHost: string, targetPort: number): Promise<FaultProxy> {
    const server = createServer({ allowHalfOpen: true });
    server.listen(0, HOST);
    await once(server, 'listening');
    const proxy = new FaultProxy(server, (server.address() as AddressInfo).port, {
      host: targetHost,
      port: targetPort,
    });
    server.on('connection', (socket) => proxy.accept(socket));
    return proxy;
  }

  /** The number of open connections, forwarded or held. */
  get connectionCount(): number {
    return this.links.size + this.waiting.size;
  }

  /** Returns the URL through this proxy. */
  via(url: string): string {
    const through = new URL(url);
    through.hostname = HOST;
    through.port = String(this.port);
    return through.toString();
  }

  /** Freezes the traffic in both directions, like a frozen service: accepts connections and never answers. */
  hold(): void {
    this.isHeld = true;
    for (const { client, target } of this.links) {
      client.pause();
      target.pause();
    }
  }

  /** Releases held traffic and held connections. */
  release(): void {
    this.isHeld = false;
    for (const { client, target } of this.links) {
      client.resume();
      target.resume();
    }
    for (const socket of this.waiting) this.forward(socket);
    this.waiting.clear();
  }

  /** Resets every open connection. New ones are accepted. */
  cut(): void {
    for (const { client, target } of this.links) {
      client.resetAndDestroy();
      target.resetAndDestroy();
    }
    for (const socket of this.waiting) socket.resetAndDestroy();
    this.links.clear();
    this.waiting.clear();
  }

  /** Refuses new connections (ECONNREFUSED), as a stopped service does. Open connections stay; see `cut()`. */
  async refuse(isRefusing = true): Promise<void> {
    if (isRefusing === !this.server.listening) return;
    if (isRefusing) {
      // The callback of close() would wait for open connections, but listening ends at once.
      this.server.close();
      return;
    }
    this.server = createServer({ allowHalfOpen: true }, (socket) => this.accept(socket));
    this.server.listen(this.port, HOST);
    await once(this.server, 'listening');
  }

  /** Limits the bytes per second of each connection in each direction; undefined removes the limit. */
  throttle(bytesPerSecond: number | undefined): void {
    this.bytesPerSecond = bytesPerSecond;
  }

  async close(): Promise<void> {
    this.cut();
    await this.refuse();
  }

  private accept(client: Socket): void {
    client.on('error', () => client.destroy());
    if (!this.isHeld) return this.forward(client);
    this.waiting.add(client);
    client.once('close', () => this.waiting.delete(client));
  }

  private forward(client: Socket): void {
    if (client.destroyed) return;
    const target = connect({ ...this.target, allowHalfOpen: true });
    const link = { client, target };
    this.links.add(link);
    const end = (): void => {
      this.links.delete(link);
      client.destroy();
      target.destroy();
    };
    target.on('error', () => client.resetAndDestroy());
    client.once('close', end);
    target.once('close', end);
    this.pump(client, target);
    this.pump(target, client);
  }

  private pump(from: Socket, to: Socket): void {
    from.on('data', (chunk: Buffer) => {
      const hasRoom = to.write(chunk);
      if (!hasRoom) this.pauseUntilDrained(from, to);
      if (this.bytesPerSecond !== undefined) this.pauseFor(from, (chunk.length / this.bytesPerSecond) * 1000);
    });
    from.on('end', () => to.end());
  }

  private pauseUntilDrained(from: Socket, to: Socket): void {
    from.pause();
    to.once('drain', () => this.resume(from));
  }

  private pauseFor(from: Socket, durationMs: number): void {
    from.pause();
    setTimeout(() => this.resume(from), Math.max(durationMs, TICK_MS));
  }

  private resume(socket: Socket): void {
    if (!this.isHeld) socket.resume();
  }
}
