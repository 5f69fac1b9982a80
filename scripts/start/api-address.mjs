import { listenError } from '../../tools/services/free-port.mjs';

/** What a server listens on that is to be reached by every address of the machine. */
const ANY_ADDRESS = ['0.0.0.0', '::'];
const LOOPBACK = '127.0.0.1';
const LAST_PORT = 65_535;

/** @typedef {{ host: string, port: number, url: string }} ApiAddress */

/**
 * @param {string | undefined} host HOST
 * @param {number} port
 * @returns {ApiAddress} where the api listens, and by which URL this machine reaches it
 */
export function apiAddress(host = LOOPBACK, port) {
  const reachable = ANY_ADDRESS.includes(host) ? LOOPBACK : host;
  return { host, port, url: `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}` };
}

/**
 * Throws a sentence that says what to change where the api could not listen there.
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
      throw new Error(`HOST=${host} is no address of this machine. Leave it out, or set it to 127.0.0.1 or 0.0.0.0.`);
    default:
      throw new Error(`The api cannot listen on ${host}, port ${port} (${code}).`);
  }
}
