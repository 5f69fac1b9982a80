import { listenError } from '../../tools/services/free-port.mjs';

/** The addresses on which a server listens on all interfaces. */
const ANY_ADDRESS = ['0.0.0.0', '::'];
const LOOPBACK = '127.0.0.1';
const LAST_PORT = 65_535;

/** @typedef {{ host: string, port: number, url: string }} ApiAddress */

/**
 * @param {string | undefined} host HOST
 * @param {number} port
 * @returns {ApiAddress} the address of the api and its URL on this machine
 */
export function apiAddress(host = LOOPBACK, port) {
  const reachable = ANY_ADDRESS.includes(host) ? LOOPBACK : host;
  return { host, port, url: `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}` };
}

/**
 * Throws a sentence that says what to change if the api cannot listen on this address.
 * @param {ApiAddress} address
 */
export async function checkAddress({ host, port }) {
  const code = await listenError(port, host);
  if (code === null) return;
  switch (code) {
    case 'EADDRINUSE':
      throw new Error(
        `Port ${port} is in use by another program. Choose another: PORT=${port === LAST_PORT ? port - 1 : port + 1} npm start`,
      );
    case 'EACCES':
      throw new Error(`Port ${port} needs the rights of root. Choose one above 1023: PORT=3000 npm start`);
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      throw new Error(`HOST=${host} is not an address of this machine. Remove it, or set it to 127.0.0.1 or 0.0.0.0.`);
    default:
      throw new Error(`The api cannot listen on ${host}, port ${port} (${code}).`);
  }
}
