import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { PaceMeter } from './pace-meter.js';

export interface ConnectionPace {
  /** A connection that is slower in either direction is closed. */
  readonly minBytesPerSecond: number;
  /** Longer than the window of uploads, which answer 408 first. */
  readonly receiveWindowMs: number;
  /** Long, because the kernel takes what is sent in steps of up to 2 MB and hides what the client reads meanwhile. */
  readonly sendWindowMs: number;
  /** The time for which a client can keep its side of a connection open after the server closed the other. */
  readonly lingerMs: number;
  readonly checkIntervalMs: number;
}

/** One connection and the request that it last brought. */
export class WatchedConnection {
  private readonly receiving: PaceMeter;
  private readonly sending: PaceMeter;
  private request: IncomingMessage | undefined;
  private endedAt: number | undefined;

  constructor(
    private readonly socket: Socket,
    private readonly pace: ConnectionPace,
  ) {
    const { minBytesPerSecond, receiveWindowMs, sendWindowMs } = pace;
    this.receiving = new PaceMeter((minBytesPerSecond * receiveWindowMs) / 1000, receiveWindowMs);
    this.sending = new PaceMeter((minBytesPerSecond * sendWindowMs) / 1000, sendWindowMs);
  }

  begin(request: IncomingMessage, response: ServerResponse): void {
    this.request = request;
    // Node would keep the connection and read a body that nobody asked for, however slowly it comes.
    response.once('finish', () => {
      if (!request.complete) this.socket.end();
    });
  }

  /** Closes the connection if its client is too slow, or stays after the end. */
  check(nowMs: number): void {
    const { sentBytes, unsentBytes } = outgoing(this.socket);
    const isSlow = [
      this.receiving.isTooSlow(this.socket.bytesRead, this.isWaitingForBody, nowMs),
      this.sending.isTooSlow(sentBytes, unsentBytes > 0, nowMs),
    ].includes(true);
    if (isSlow || (unsentBytes === 0 && this.hasLingered(nowMs))) this.socket.destroy();
  }

  /** Returns true if the body is being read, and everything that arrived was consumed. */
  private get isWaitingForBody(): boolean {
    const { request } = this;
    const isOpen = request !== undefined && !request.complete && !request.destroyed;
    return isOpen && request.readableFlowing !== null && request.readableLength === 0;
  }

  private hasLingered(nowMs: number): boolean {
    if (!this.socket.writableEnded) return false;
    this.endedAt ??= nowMs;
    return nowMs - this.endedAt >= this.pace.lingerMs;
  }
}

/** Returns the bytes that the kernel accepted. A write completes only after its last byte, so this asks the handle. */
function outgoing(socket: Socket): { readonly sentBytes: number; readonly unsentBytes: number } {
  const handle: unknown = '_handle' in socket ? socket._handle : undefined;
  if (!isStreamHandle(handle)) {
    return { sentBytes: socket.bytesWritten - socket.writableLength, unsentBytes: socket.writableLength };
  }
  const sentBytes = handle.bytesWritten - handle.writeQueueSize;
  return { sentBytes, unsentBytes: socket.bytesWritten - sentBytes };
}

function isStreamHandle(handle: unknown): handle is { readonly bytesWritten: number; readonly writeQueueSize: number } {
  return (
    typeof handle === 'object' &&
    handle !== null &&
    'bytesWritten' in handle &&
    typeof handle.bytesWritten === 'number' &&
    'writeQueueSize' in handle &&
    typeof handle.writeQueueSize === 'number'
  );
}
