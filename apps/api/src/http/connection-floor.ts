import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { WatchedConnection, type ConnectionPace } from './watched-connection.js';

export const CONNECTION_PACE: ConnectionPace = {
  minBytesPerSecond: 1024,
  receiveWindowMs: 120_000,
  sendWindowMs: 300_000,
  lingerMs: 10_000,
  checkIntervalMs: 5_000,
};

/**
 * Closes connections whose client sends its request body, or reads the response, below a minimum pace, and those that a
 * client keeps half-open after the last response. Idle connections and request headers have timeouts of Node's own.
 */
export function closeSlowConnections(server: Server, pace: ConnectionPace = CONNECTION_PACE): void {
  const connections = new Map<Socket, WatchedConnection>();
  server.on('connection', (socket: Socket) => {
    connections.set(socket, new WatchedConnection(socket, pace));
    socket.once('close', () => connections.delete(socket));
  });
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    connections.get(request.socket)?.begin(request, response);
  });
  const elapsed = runningTime(pace.checkIntervalMs);
  const timer = setInterval(() => {
    const nowMs = elapsed();
    for (const connection of connections.values()) connection.check(nowMs);
  }, pace.checkIntervalMs);
  timer.unref();
  server.once('close', () => clearInterval(timer));
}

/** A clock for calls at an interval that leaves out the time in which this process stood still: no client is to blame for it. */
export function runningTime(intervalMs: number, now: () => number = () => performance.now()): () => number {
  let calledAt = now();
  let elapsedMs = 0;
  return () => {
    const sinceLastCall = now() - calledAt;
    calledAt += sinceLastCall;
    elapsedMs += Math.min(sinceLastCall, 2 * intervalMs);
    return elapsedMs;
  };
}
