import { connect } from 'node:net';
import { join } from 'node:path';
import { untilReady } from '../../tools/services/running-service.mjs';
import { ServiceState } from '../../tools/services/service-state.mjs';

/**
 * @typedef {import('../../tools/services/running-service.mjs').RunningService} RunningService
 * @typedef {import('../../tools/services/running-service.mjs').ServiceOptions} ServiceOptions
 */

const READY_TIMEOUT_MS = 60_000;
const CONNECT_TIMEOUT_MS = 1_000;

/** @param {string} folder */
export const mailLogOf = (folder) => join(folder, 'mail-sink.log');

/**
 * A mail server that sends nothing: emails become files in the folder, on 127.0.0.1 only.
 * @param {ServiceOptions} options
 * @returns {Promise<RunningService & { url: string }>}
 */
export async function startMailSink({ folder, ledger, keepsPorts }) {
  const port = await new ServiceState(folder, { keepsPorts }).port('port');
  const main = ledger.launch({
    name: 'mail sink',
    kind: 'service',
    command: process.execPath,
    args: [join(import.meta.dirname, 'mail-sink-server.mjs'), String(port), folder],
    logFile: mailLogOf(folder),
  });
  await untilReady(main, () => isListening(port), READY_TIMEOUT_MS);
  return { name: main.name, main, pids: [main.pid], url: `smtp://127.0.0.1:${port}`, stop: () => main.stop() };
}

/**
 * @param {number} port
 * @returns {Promise<boolean>}
 */
function isListening(port) {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: CONNECT_TIMEOUT_MS });
    const end = (/** @type {boolean} */ isOpen) => {
      socket.destroy();
      resolve(isOpen);
    };
    socket
      .once('connect', () => end(true))
      .once('error', () => end(false))
      .once('timeout', () => end(false));
  });
}
