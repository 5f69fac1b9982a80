import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { Logger } from '@nestjs/common';
import { networkOf } from './client-address.js';

export interface ConnectionCap {
  readonly maxPerAddress: number;
  /** The limit for all addresses, so that descriptors remain for files and for connections to other services. */
  readonly max: number;
  /** True if the connections of one address carry the requests of many clients. */
  readonly isTrustedProxy: (address: string) => boolean;
}

const WARNING_INTERVAL_MS = 60_000;
const MOST_CONNECTIONS = 10_000;
/** Used if the system does not state its limit. */
const USUAL_FILES = 1024;

/** Closes connections beyond the limits at once, before they bring a request. */
export function capConnections(server: Server, { maxPerAddress, max, isTrustedProxy }: ConnectionCap): void {
  const openByNetwork = new Map<string, number>();
  const warn = rareWarning();
  server.maxConnections = max;
  server.on('drop', () => warn('MAX_CONNECTIONS'));
  server.on('connection', (socket: Socket) => {
    const { remoteAddress } = socket;
    if (remoteAddress === undefined || isTrustedProxy(remoteAddress)) return;
    const network = networkOf(remoteAddress);
    const open = (openByNetwork.get(network) ?? 0) + 1;
    if (open > maxPerAddress) {
      warn('MAX_CONNECTIONS_PER_ADDRESS');
      socket.destroy();
      return;
    }
    openByNetwork.set(network, open);
    socket.once('close', () => {
      const remaining = (openByNetwork.get(network) ?? 0) - 1;
      if (remaining > 0) openByNetwork.set(network, remaining);
      else openByNetwork.delete(network);
    });
  });
}

/** Half of the files that this process can open: an upload or a download needs a second one, for its object. */
export function defaultMaxConnections(): number {
  return Math.min(MOST_CONNECTIONS, Math.floor(openFilesLimit() / 2));
}

/** Node raises the soft limit to the hard one at its start. */
function openFilesLimit(): number {
  try {
    return Number(/^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? USUAL_FILES);
  } catch {
    return USUAL_FILES;
  }
}

/** Says once a minute at most how many connections a limit closed. */
function rareWarning(): (setting: string) => void {
  const logger = new Logger('Connections');
  let closed = 0;
  let warnedAt = -Infinity;
  return (setting) => {
    closed += 1;
    if (performance.now() - warnedAt < WARNING_INTERVAL_MS) return;
    logger.warn(`Connections closed at once because of ${setting}: ${closed}`);
    warnedAt = performance.now();
    closed = 0;
  };
}
