import { join } from 'node:path';
import { findFfmpeg } from '../../tools/services/ffmpeg.mjs';
import { BUILT_MINIO_FOLDER, findMinio, startMinio } from '../../tools/services/minio.mjs';
import { startPostgres } from '../../tools/services/postgres.mjs';
import { findRabbitmq, startRabbitmq } from '../../tools/services/rabbitmq.mjs';
import { ensurePrograms } from '../../tools/services/system-packages.mjs';

/**
 * @typedef {import('../../tools/services/running-service.mjs').RunningService} RunningService
 * @typedef {import('../../tools/processes/process-ledger.mjs').ProcessLedger} ProcessLedger
 */

const TEST_CONNECTIONS = 500;

/**
 * Starts the services of integration and end-to-end tests on free ports, in one folder and without durability.
 * @param {{ folder: string, ledger: ProcessLedger, say: (message: string) => void }} options
 * @returns {Promise<{ variables: Record<string, string>, services: RunningService[] }>} TEST_* variables; those of MinIO
 *   are missing if there is no MinIO
 */
export async function startTestServices({ folder, ledger, say }) {
  const [rabbitmqProgram = '', ffmpegPath = ''] = await ensurePrograms(
    [
      { packageName: 'rabbitmq-server', find: findRabbitmq },
      { packageName: 'ffmpeg', find: () => findFfmpeg(process.env.FFMPEG_PATH) },
    ],
    { ledger, logFile: join(folder, 'packages.log'), say },
  );
  const minioProgram = findMinio([BUILT_MINIO_FOLDER]);
  const [postgres, rabbitmq, minio] = await Promise.all([
    startPostgres({ folder: join(folder, 'postgres'), ledger, isDurable: false, maxConnections: TEST_CONNECTIONS }),
    startRabbitmq({ folder: join(folder, 'rabbitmq'), ledger, program: rabbitmqProgram, withManagement: true }),
    minioProgram === null ? null : startMinio({ folder: join(folder, 'minio'), ledger, program: minioProgram }),
  ]);
  return {
    services: [postgres, rabbitmq, ...(minio === null ? [] : [minio])],
    variables: {
      TEST_DATABASE_URL: postgres.url,
      TEST_RABBITMQ_URL: rabbitmq.url,
      TEST_RABBITMQ_MANAGEMENT_URL: rabbitmq.managementUrl,
      TEST_FFMPEG_PATH: ffmpegPath,
      ...(minio === null
        ? {}
        : {
            TEST_STORAGE_ENDPOINT: minio.endpoint,
            TEST_STORAGE_ACCESS_KEY: minio.accessKey,
            TEST_STORAGE_SECRET_KEY: minio.secretKey,
          }),
    },
  };
}
