import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** Sends exactly the given bytes and records everything that it receives. */
export class RawClient {
  private text = '';
  readonly closed: Promise<string>;

  private constructor(private readonly socket: Socket) {
    socket.setEncoding('latin1').on('data', (chunk: string) => (this.text += chunk));
    // The server can close while this client is still sending.
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => socket.once('close', () => resolve(this.text)));
  }

  static async connect(port: number, options: { readonly allowHalfOpen?: boolean } = {}): Promise<RawClient> {
    const socket = connect({ port, host: '127.0.0.1', ...options });
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  get received(): string {
    return this.text;
  }

  get isOpen(): boolean {
    return !this.socket.destroyed;
  }

  /** True once everything that was sent has left this process. */
  get isFlushed(): boolean {
    return this.socket.writableLength === 0;
  }

  send(data: string | Buffer): void {
    this.socket.write(data, 'latin1');
  }

  /** Sends until the server closes; returns the number of bytes that were sent. */
  async sendUntilClosed(chunk: Buffer): Promise<number> {
    while (this.isOpen) {
      if (this.socket.write(chunk)) continue;
      await Promise.race([once(this.socket, 'drain').catch(() => undefined), this.closed]);
    }
    return this.socket.bytesWritten;
  }

  /** Lets the buffers of the kernel fill up. */
  stopReading(): void {
    this.socket.pause();
  }

  leave(): void {
    this.socket.destroy();
  }
}

export function headLines(...lines: string[]): string {
  return [...lines, '', ''].join('\r\n');
}
