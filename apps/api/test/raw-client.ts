import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A client that says exactly what it is told, and keeps all that it hears. */
export class RawClient {
  private heard = '';
  readonly closed: Promise<string>;

  private constructor(private readonly socket: Socket) {
    socket.setEncoding('latin1').on('data', (text: string) => (this.heard += text));
    // A server may close while this client still sends.
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => socket.once('close', () => resolve(this.heard)));
  }

  static async connect(port: number, options: { readonly allowHalfOpen?: boolean } = {}): Promise<RawClient> {
    const socket = connect({ port, host: '127.0.0.1', ...options });
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  get received(): string {
    return this.heard;
  }

  get isOpen(): boolean {
    return !this.socket.destroyed;
  }

  /** Whether all that was sent has left this process. */
  get isFlushed(): boolean {
    return this.socket.writableLength === 0;
  }

  send(data: string | Buffer): void {
    this.socket.write(data, 'latin1');
  }

  /** Sends until the server closes; returns how many bytes left this side. */
  async sendForEver(chunk: Buffer): Promise<number> {
    while (this.isOpen) {
      if (this.socket.write(chunk)) continue;
      await Promise.race([once(this.socket, 'drain').catch(() => undefined), this.closed]);
    }
    return this.socket.bytesWritten;
  }

  /** From now on the kernel's buffers fill up. */
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
