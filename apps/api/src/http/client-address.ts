import { isIP, isIPv6 } from 'node:net';
import type { Request } from 'express';

/** The groups of an IPv6 address that identify a network: a client with a /64 can use all of its addresses. */
const NETWORK_GROUPS = 4;

/** Returns the address that a client is counted under: IPv4 whole, of IPv6 the /64 network. */
export function clientAddress(request: Pick<Request, 'ip' | 'socket'>): string {
  const { ip, socket } = request;
  // A proxy can forward any text.
  return networkOf(ip !== undefined && isIP(ip) !== 0 ? ip : (socket.remoteAddress ?? ''));
}

export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined || !isIPv6(address)) return mapped ?? address;
  const [before = [], after] = address
    .toLowerCase()
    .split('%', 1)
    .flatMap((bare) => bare.split('::'))
    .map(groupsOf);
  const missing = after === undefined ? 0 : 8 - before.length - after.length;
  const groups = [...before, ...Array<string>(missing).fill('0'), ...(after ?? [])];
  return `${groups.slice(0, NETWORK_GROUPS).join(':')}::/64`;
}

/** An IPv4 address at the end replaces two groups, which are never part of the network. */
function groupsOf(text: string): string[] {
  return text === ''
    ? []
    : text.split(':').flatMap((group) => (group.includes('.') ? ['v', '4'] : [group.replace(/^0+(?=.)/, '')]));
}
