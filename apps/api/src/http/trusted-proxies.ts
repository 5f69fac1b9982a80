import { isIP } from 'node:net';

/** The names that Express knows for ranges of private addresses. */
const NAMED_RANGES = new Set(['loopback', 'linklocal', 'uniquelocal']);

/** Reads TRUST_PROXY as Express's setting "trust proxy"; undefined if it is neither a number nor a list of networks. */
export function trustedProxies(text: string): number | string[] | undefined {
  const value = text.trim();
  if (/^\d{1,3}$/.test(value)) return Number(value);
  const networks = value.split(',').map((network) => network.trim());
  return networks.every(isNetwork) ? networks : undefined;
}

function isNetwork(text: string): boolean {
  const [address = '', prefix, ...others] = text.split('/');
  const version = isIP(address);
  if (version === 0) return NAMED_RANGES.has(text);
  const isPrefix = prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128));
  return isPrefix && others.length === 0;
}
