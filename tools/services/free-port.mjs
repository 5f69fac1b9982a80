import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

// Below the range for outgoing connections, whose ports are used at any moment.
const LOWEST_PORT = 20_000;
const HIGHEST_PORT = 32_000;
const MAX_TRIES = 100;

/**
 * @param {number} port
 * @param {string} [host]
 * @returns {Promise<boolean>}
 */
export async function isPortFree(port, host) {
  return (await listenError(port, host)) === null;
}

/**
 * @param {number} port
 * @param {string} [host]
 * @returns {Promise<string | null>} the error code if nobody can listen on the port now; null otherwise
 */
export function listenError(port, host = '127.0.0.1') {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (/** @type {NodeJS.ErrnoException} */ { code }) => resolve(code ?? 'unknown'));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(null)));
  });
}

/**
 * @param {number | undefined} preferred taken where it is free
 * @param {(port: number) => Promise<boolean>} [isFree]
 * @returns {Promise<number>}
 */
export async function freePort(preferred, isFree = isPortFree) {
  if (preferred !== undefined && (await isFree(preferred))) return preferred;
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const port = randomInt(LOWEST_PORT, HIGHEST_PORT);
    if (await isFree(port)) return port;
  }
  throw new Error(`No free port was found between ${LOWEST_PORT} and ${HIGHEST_PORT}.`);
}
