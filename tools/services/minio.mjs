import { join } from 'node:path';
import { findProgram } from './find-program.mjs';
import { untilReady } from './running-service.mjs';
import { ServiceState } from './service-state.mjs';

/**
 * @typedef {import('./running-service.mjs').RunningService} RunningService
 * @typedef {import('./running-service.mjs').ServiceOptions} ServiceOptions
 */

const READY_TIMEOUT_MS = 60_000;
const ACCESS_KEY = 'video-to-mp3';

/** The folder of the server that test/runner/build-minio.mjs builds. */
export const BUILT_MINIO_FOLDER = join(import.meta.dirname, '..', '..', '.cache', 'bin');

/**
 * @param {string[]} [moreFolders] searched after the PATH
 * @returns {string | null}
 */
export function findMinio(moreFolders = []) {
  return findProgram('minio', moreFolders);
}

/**
 * Starts a MinIO server on 127.0.0.1.
 * @param {ServiceOptions & { program: string }} options
 * @returns {Promise<RunningService & { endpoint: string, accessKey: string, secretKey: string }>}
 */
export async function startMinio({ folder, ledger, keepsPorts, program }) {
  const state = new ServiceState(folder, { keepsPorts });
  const secretKey = state.secret('secretKey');
  const endpoint = `127.0.0.1:${await state.port('port')}`;
  const consoleAddress = `127.0.0.1:${await state.port('consolePort')}`;
  const main = ledger.launch({
    name: 'MinIO',
    kind: 'service',
    command: program,
    args: ['server', join(folder, 'data'), '--address', endpoint, '--console-address', consoleAddress],
    logFile: join(folder, 'minio.log'),
    env: {
      ...process.env,
      HOME: folder,
      MINIO_BROWSER: 'off',
      MINIO_UPDATE: 'off',
      MINIO_ROOT_USER: ACCESS_KEY,
      MINIO_ROOT_PASSWORD: secretKey,
    },
  });
  await untilReady(main, () => isHealthy(`http://${endpoint}/minio/health/ready`), READY_TIMEOUT_MS);
  return {
    name: main.name,
    main,
    pids: [main.pid],
    endpoint,
    accessKey: ACCESS_KEY,
    secretKey,
    stop: () => main.stop(),
  };
}

/** @param {string} url */
async function isHealthy(url) {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(1_000) })).ok;
  } catch {
    return false;
  }
}
