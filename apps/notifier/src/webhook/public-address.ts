import { lookup as resolve, type LookupAddress, type LookupOptions } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

export class PrivateAddressError extends Error {
  override readonly name = 'PrivateAddressError';
}

/** Returns whether an IP address belongs to the public internet: not private, loopback, link-local, or a way to one of these. */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  // `process` also converts an IPv4-mapped IPv6 address (::ffff:10.0.0.1) to its IPv4 address.
  const parsed = ipaddr.process(address);
  return parsed.range() === 'unicast';
}

/** Throws if the host is an IP address that is not public; such a host is never looked up. */
export function checkLiteralHost(hostname: string): void {
  const address = hostname.replace(/^\[|\]$/g, '');
  if (isIP(address) !== 0 && !isPublicAddress(address)) throw new PrivateAddressError(address);
}

/**
 * Resolves a name for a connection, and fails if any of its addresses is not public. The connection uses exactly what
 * was checked: a name that resolves to something else a moment later gains nothing.
 */
export const publicLookup: LookupFunction = (hostname, options, callback) => {
  const all: LookupOptions & { all: true } = { ...options, all: true };
  resolve(hostname, all, (error, addresses) => {
    if (error !== null) return callback(error, '');
    const isForbidden = addresses.some(({ address }) => !isPublicAddress(address));
    if (isForbidden || addresses.length === 0) return callback(new PrivateAddressError(hostname), '');
    answer(addresses, options.all === true, callback);
  });
};

function answer(addresses: LookupAddress[], isAll: boolean, callback: Parameters<LookupFunction>[2]): void {
  if (isAll) return callback(null, addresses);
  const [first] = addresses;
  callback(null, first?.address ?? '', first?.family);
}
