import { join } from 'node:path';
import { isSameProcessRunning } from '../../tools/processes/process-identity.mjs';
import { readRecords } from '../../tools/processes/process-ledger.mjs';
import { findConverter, leanFfmpegOffer } from '../../tools/services/ffmpeg.mjs';
import { findMinio, startMinio } from '../../tools/services/minio.mjs';
import { recordedUrl, startPostgres } from '../../tools/services/postgres.mjs';
import { findRabbitmq, startRabbitmq } from '../../tools/services/rabbitmq.mjs';
import { ensurePrograms, requireInstallable } from '../../tools/services/system-packages.mjs';
import { LogWatch } from './log-watch.mjs';
import { mailLogOf, startMailSink } from './mail-sink.mjs';
import { say, step } from '../../tools/project/console-output.mjs';
import { givenServices } from './settings.mjs';

/**
 * @typedef {import('../../tools/processes/process-ledger.mjs').ProcessLedger} ProcessLedger
 * @typedef {import('../../tools/processes/supervisor.mjs').Supervisor} Supervisor
 * @typedef {import('./settings.mjs').Variables} Variables
 * @typedef {{ ledger: ProcessLedger, supervisor: Supervisor, settings: Variables, dataFolder: string }} Context
 */

const DATABASE = 'video_to_mp3';

/**
 * Starts every backing service without a given address, and keeps it running. RabbitMQ, which takes longest, starts
 * while packages are installed.
 * @param {Context} context
 * @param {Promise<void>} installed resolves when the packages of the project are installed, which some services need
 * @returns {Promise<Variables>} their addresses, for the apps
 */
export async function startBackingServices(context, installed) {
  const given = givenServices(context.settings);
  const ffmpegProgram = { packageName: 'ffmpeg', find: () => findConverter(context.settings.FFMPEG_PATH) };
  const rabbitmqProgram = { packageName: 'rabbitmq-server', find: findRabbitmq };
  // One message for both.
  requireInstallable(given.broker ? [ffmpegProgram] : [ffmpegProgram, rabbitmqProgram]);
  const rabbitmq = given.broker ? null : ensureProgram(context, rabbitmqProgram);
  const variables = await Promise.all([
    given.database ? { DATABASE_URL: context.settings.DATABASE_URL } : installed.then(() => keepPostgres(context)),
    rabbitmq?.then((program) => keepRabbitmq(context, program)) ?? { RABBITMQ_URL: context.settings.RABBITMQ_URL },
    // After RabbitMQ's package, because a system installs one package at a time.
    Promise.resolve(rabbitmq)
      .then(() => ensureProgram(context, ffmpegProgram))
      .then((path) => {
        const offer = context.settings.FFMPEG_PATH === undefined ? leanFfmpegOffer() : null;
        if (offer !== null) say(`  … ${offer}`);
        return { FFMPEG_PATH: path };
      }),
    given.storage ? {} : keepStorage(context),
    given.email ? {} : installed.then(() => keepMailSink(context)),
  ]);
  return Object.assign({}, ...variables);
}

/**
 * @param {string} dataFolder
 * @returns {string | null} the URL of the database of a running `npm start`; null if none runs
 */
export function runningDatabaseUrl(dataFolder) {
  const records = readRecords(join(dataFolder, 'processes.json'));
  const isRunning = records.some((record) => record.name === 'PostgreSQL' && isSameProcessRunning(record));
  return isRunning ? recordedUrl(join(dataFolder, 'postgres'), DATABASE) : null;
}

/**
 * @param {Context} context
 * @param {import('../../tools/services/system-packages.mjs').SystemProgram} program
 */
async function ensureProgram({ ledger, dataFolder }, program) {
  const [path = ''] = await ensurePrograms([program], {
    ledger,
    logFile: join(dataFolder, 'logs', 'packages.log'),
    say: (message) => say(`  … ${message}`),
  });
  return path;
}

/** @param {Context} context */
async function keepPostgres({ ledger, supervisor, dataFolder }) {
  const folder = join(dataFolder, 'postgres');
  const { url } = await step('PostgreSQL', () =>
    supervisor.keep('PostgreSQL', (keepsPorts) => startPostgres({ folder, ledger, keepsPorts, database: DATABASE })),
  );
  return { DATABASE_URL: url };
}

/**
 * @param {Context} context
 * @param {string} program
 */
async function keepRabbitmq({ ledger, supervisor, dataFolder }, program) {
  const folder = join(dataFolder, 'rabbitmq');
  const { url } = await step('RabbitMQ', () =>
    supervisor.keep('RabbitMQ', (keepsPorts) => startRabbitmq({ folder, ledger, keepsPorts, program })),
  );
  return { RABBITMQ_URL: url };
}

/** @param {Context} context */
async function keepStorage({ ledger, supervisor, dataFolder }) {
  const program = findMinio();
  if (program === null) return { STORAGE_DIRECTORY: join(dataFolder, 'objects') };
  const folder = join(dataFolder, 'minio');
  const minio = await step('MinIO', () =>
    supervisor.keep('MinIO', (keepsPorts) => startMinio({ folder, ledger, keepsPorts, program })),
  );
  return {
    STORAGE_ENDPOINT: minio.endpoint,
    STORAGE_ACCESS_KEY: minio.accessKey,
    STORAGE_SECRET_KEY: minio.secretKey,
    STORAGE_SECURE: 'false',
  };
}

/**
 * Keeps emails instead of sending them, and shows a line about each.
 * @param {Context} context
 */
async function keepMailSink({ ledger, supervisor, dataFolder, settings }) {
  const folder = join(dataFolder, 'mail');
  const { url } = await step('mail sink', () =>
    supervisor.keep('mail sink', (keepsPorts) => startMailSink({ folder, ledger, keepsPorts })),
  );
  new LogWatch('email', mailLogOf(folder), say, (line) => line).start();
  return { SMTP_URL: url, MAIL_FROM: settings.MAIL_FROM ?? 'video-to-mp3@localhost' };
}
