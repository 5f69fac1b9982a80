import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { findProgram } from './find-program.mjs';
import { untilReady } from './running-service.mjs';
import { ServiceState } from './service-state.mjs';

/**
 * @typedef {import('./running-service.mjs').RunningService} RunningService
 * @typedef {import('./running-service.mjs').ServiceOptions} ServiceOptions
 * @typedef {{ amqp: number, distribution: number, epmd: number, management: number }} Ports
 */

const USER = 'video-to-mp3';
const READY_TIMEOUT_MS = 300_000;
const PROBE_TIMEOUT_MS = 1_000;
const AMQP_GREETING = Buffer.from('AMQP\0\0\u0009\u0001', 'latin1');
/** The command in Debian's PATH works only for root and `rabbitmq`, and uses the folders of the system. */
const DEBIAN_PROGRAM_FOLDER = '/usr/lib/rabbitmq/bin';

/** @returns {string | null} */
export function findRabbitmq() {
  const debianProgram = join(DEBIAN_PROGRAM_FOLDER, 'rabbitmq-server');
  return existsSync(debianProgram) ? debianProgram : findProgram('rabbitmq-server', ['/usr/sbin']);
}

/**
 * Starts a RabbitMQ node. Its Erlang port mapper, its distribution and its listeners are on 127.0.0.1 only.
 * @param {ServiceOptions & { program: string, withManagement?: boolean }} options
 * @returns {Promise<RunningService & { url: string, managementUrl: string }>} the management URL answers only if requested
 */
export async function startRabbitmq({ folder, ledger, keepsPorts, program, withManagement = false }) {
  const state = new ServiceState(folder, { keepsPorts });
  const password = state.secret('password');
  const ports = {
    amqp: await state.port('port'),
    distribution: await state.port('distributionPort'),
    epmd: await state.port('epmdPort'),
    management: await state.port('managementPort'),
  };
  // The name is part of the stored data, so it is random and differs between folders.
  const nodeName = `n${state.secret('node')}@localhost`;
  writeConfiguration(folder, { ports, password, withManagement });
  writeCookie(folder, state.secret('cookie'));
  const env = nodeEnvironment(folder, ports, nodeName);

  const epmd = ledger.launch({
    name: 'epmd',
    kind: 'service',
    command: findProgram('epmd', ['/usr/bin']) ?? 'epmd',
    args: ['-port', String(ports.epmd), '-address', '127.0.0.1'],
    logFile: join(folder, 'epmd.log'),
    env,
  });
  await untilReady(epmd, () => accepts(ports.epmd), READY_TIMEOUT_MS);
  const main = ledger.launch({
    name: 'RabbitMQ',
    kind: 'service',
    command: program,
    args: [],
    logFile: join(folder, 'rabbitmq.log'),
    env,
    cwd: folder,
  });
  // Nothing else would end the port mapper if the node dies.
  void main.exited.then(() => epmd.stop());
  await untilReady(main, () => greets(ports.amqp), READY_TIMEOUT_MS);
  return {
    name: main.name,
    main,
    pids: [main.pid, epmd.pid],
    url: `amqp://${USER}:${password}@127.0.0.1:${ports.amqp}/`,
    managementUrl: `http://${USER}:${password}@127.0.0.1:${ports.management}`,
    stop: async () => {
      await main.stop();
      await epmd.stop();
    },
  };
}

/**
 * @param {string} folder
 * @param {{ ports: Ports, password: string, withManagement: boolean }} options
 */
function writeConfiguration(folder, { ports, password, withManagement }) {
  const lines = [
    `listeners.tcp.1 = 127.0.0.1:${ports.amqp}`,
    `default_user = ${USER}`,
    `default_pass = ${password}`,
    'log.console = true',
    'log.console.level = warning',
    'log.file = false',
    // The default keeps 512 MB in memory before it writes segments.
    'raft.wal_max_size_bytes = 33554432',
    'num_acceptors.tcp = 2',
    ...(withManagement
      ? [
          'management.tcp.ip = 127.0.0.1',
          `management.tcp.port = ${ports.management}`,
          'collect_statistics_interval = 5000',
        ]
      : []),
  ];
  mkdirSync(join(folder, 'home'), { recursive: true });
  writeFileSync(join(folder, 'rabbitmq.conf'), `${lines.join('\n')}\n`, { mode: 0o600 });
  writeFileSync(join(folder, 'enabled_plugins'), withManagement ? '[rabbitmq_management].\n' : '[].\n');
  // Replace the files of the system, which must not apply here.
  writeFileSync(join(folder, 'rabbitmq-env.conf'), '');
  writeFileSync(join(folder, 'advanced.config'), '[].\n');
}

/**
 * The cookie is the password of the whole node. Erlang generates a missing one from a seed that other users can guess.
 * @param {string} folder
 * @param {string} cookie
 */
function writeCookie(folder, cookie) {
  const file = join(folder, 'home', '.erlang.cookie');
  // An existing file is read-only, and its mode would not change.
  rmSync(file, { force: true });
  writeFileSync(file, cookie, { mode: 0o400 });
}

/**
 * @param {string} folder
 * @param {Ports} ports
 * @param {string} nodeName
 * @returns {NodeJS.ProcessEnv}
 */
function nodeEnvironment(folder, ports, nodeName) {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(RABBITMQ|ERL)_/.test(name));
  return {
    ...Object.fromEntries(inherited),
    // Contains the cookie.
    HOME: join(folder, 'home'),
    LANG: 'C.UTF-8',
    ERL_EPMD_PORT: String(ports.epmd),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    RABBITMQ_NODENAME: nodeName,
    RABBITMQ_DIST_PORT: String(ports.distribution),
    RABBITMQ_MNESIA_BASE: join(folder, 'data'),
    RABBITMQ_LOG_BASE: join(folder, 'logs'),
    RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq.conf'),
    RABBITMQ_ADVANCED_CONFIG_FILE: join(folder, 'advanced.config'),
    RABBITMQ_CONF_ENV_FILE: join(folder, 'rabbitmq-env.conf'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'enabled_plugins'),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: [
      '-kernel inet_dist_use_interface {127,0,0,1}',
      '-start_epmd false',
      // One scheduler of each kind, without busy waiting, because the broker shares a small machine with ffmpeg.
      '+S 1:1 +SDcpu 1:1',
    ].join(' '),
    // Makes the start script replace itself with the node, which then gets SIGTERM directly.
    RUNNING_UNDER_SYSTEMD: 'true',
  };
}

/**
 * @param {number} port
 * @returns {Promise<boolean>} true if a broker answers the protocol header
 */
function greets(port) {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write(AMQP_GREETING));
    /** @param {boolean} answer */
    const settle = (answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(PROBE_TIMEOUT_MS, () => settle(false));
    socket.once('data', (data) => settle(data[0] === 1));
    socket.once('error', () => settle(false));
    socket.once('close', () => settle(false));
  });
}

/**
 * Checks by connecting. Listening on the port would take it from the program that is about to use it.
 * @param {number} port
 * @returns {Promise<boolean>}
 */
function accepts(port) {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
