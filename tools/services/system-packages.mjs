import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram } from './find-program.mjs';

/**
 * @typedef {import('../processes/process-ledger.mjs').ProcessLedger} ProcessLedger
 *
 * @typedef {object} SystemProgram
 * @property {string} packageName
 * @property {() => string | null} find
 *
 * @typedef {{ ledger: ProcessLedger, logFile: string, say: (message: string) => void }} InstallOptions
 */

/** The alternative to `npm start`. */
export const CONTAINERS_COMMAND = 'sh deploy/env-init.sh && docker compose up --build -d';

const POLICY_FILE = '/usr/sbin/policy-rc.d';
const SAVED_POLICY_FILE = '/usr/sbin/policy-rc.d.before-video-to-mp3';
const MARK = 'written by video-to-mp3 while it installs packages';
const INSTALL_TIMEOUT_MS = 600_000;
/** Waits for other installations, such as updates after the start of the system. */
const LOCK_TIMEOUT_SECONDS = 300;
/** Exit status 101 is Debian's "not allowed": the package is installed, its service is not started. */
const POLICY = `#!/bin/sh
# ${MARK}
case "$1" in
  rabbitmq-server* | epmd*) exit 101 ;;
esac
if [ -x ${SAVED_POLICY_FILE} ]; then exec ${SAVED_POLICY_FILE} "$@"; fi
exit 0
`;
/** RabbitMQ's package also enables its service, which would then listen on every address after the next boot. */
const ENABLED_UNITS = ['rabbitmq-server.service', 'epmd.service', 'epmd.socket'];

/** A system program is absent and cannot be installed from here. */
export class MissingProgramsError extends Error {
  /** @param {string[]} packageNames */
  constructor(packageNames) {
    const names = packageNames.join(' and ');
    super(
      [
        `${names} must be installed, which cannot be done from here (this needs Debian or Ubuntu, and root or a sudo without a password).`,
        `  Either install it:     sudo apt-get install ${packageNames.join(' ')}`,
        `  or use the containers: ${CONTAINERS_COMMAND}`,
      ].join('\n'),
    );
  }
}

/**
 * Finds programs, and installs the packages of missing ones.
 * @param {SystemProgram[]} programs
 * @param {InstallOptions} options
 * @returns {Promise<string[]>} their paths, in the given order
 */
export async function ensurePrograms(programs, options) {
  requireInstallable(programs);
  const missing = absent(programs);
  await installMissing(missing, options);
  const paths = programs.map((program) => program.find());
  if (paths.includes(null)) throw new Error(`Installing ${missing.join(', ')} did not help. See ${options.logFile}`);
  return paths.filter((path) => path !== null);
}

/**
 * Throws if a program is missing and cannot be installed from here.
 * @param {SystemProgram[]} programs
 */
export function requireInstallable(programs) {
  const missing = absent(programs);
  if (missing.length > 0 && administratorPrefix() === null) throw new MissingProgramsError(missing);
}

/**
 * Finds optional programs, and installs the packages of missing ones if possible.
 * @param {SystemProgram[]} programs
 * @param {InstallOptions} options
 * @returns {Promise<(string | null)[]>} their paths, in the given order; null for missing ones
 */
export async function tryPrograms(programs, options) {
  if (administratorPrefix() !== null) {
    // A package that is missing in this release must not prevent the others.
    for (const name of absent(programs)) {
      try {
        await installMissing([name], options);
      } catch (error) {
        options.say(/** @type {Error} */ (error).message);
      }
    }
  }
  return programs.map((program) => program.find());
}

/** @param {SystemProgram[]} programs */
function absent(programs) {
  return programs.filter((program) => program.find() === null).map(({ packageName }) => packageName);
}

/**
 * @param {string[]} packageNames
 * @param {InstallOptions} options
 */
async function installMissing(packageNames, { ledger, logFile, say }) {
  const prefix = administratorPrefix();
  if (packageNames.length === 0 || prefix === null) return;
  say(`installing the system packages ${packageNames.join(' and ')} (their services are neither started nor enabled)`);
  await installPackages(packageNames, { prefix, ledger, logFile });
}

/** @returns {string[] | null} the prefix that runs a command as root; null if there is none or no apt */
function administratorPrefix() {
  if (findProgram('apt-get') === null) return null;
  if (process.getuid?.() === 0) return [];
  const sudo = findProgram('sudo');
  return sudo !== null && spawnSync(sudo, ['-n', 'true'], { stdio: 'ignore' }).status === 0 ? [sudo, '-n'] : null;
}

/**
 * @param {string[]} names
 * @param {{ prefix: string[], ledger: ProcessLedger, logFile: string }} options
 */
async function installPackages(names, { prefix, ledger, logFile }) {
  const restore = preventServiceStarts(prefix);
  // A second Ctrl-C ends this process at once, so the policy of the system must be restored before.
  process.once('exit', restore);
  const aptGet = [
    'env',
    'DEBIAN_FRONTEND=noninteractive',
    'apt-get',
    '-o',
    `DPkg::Lock::Timeout=${LOCK_TIMEOUT_SECONDS}`,
  ];
  const install = [...aptGet, 'install', '--yes', '--no-install-recommends', ...names];
  /** @param {string[]} command */
  const run = async ([command = '', ...args]) => {
    // Not interrupted, because that would leave half-configured packages.
    const manner = /** @type {const} */ ({ stopSignal: 'SIGCONT', stopTimeoutMs: INSTALL_TIMEOUT_MS });
    const task = ledger.launch({ name: 'apt-get', kind: 'task', command, args, logFile, ...manner });
    return (await task.exited).code === 0;
  };
  try {
    // A new image has no package list; with a current list, the update is unnecessary.
    const isInstalled =
      (await run([...prefix, ...install])) ||
      ((await run([...prefix, ...aptGet, 'update'])) && (await run([...prefix, ...install])));
    if (!isInstalled) throw new Error(`apt-get could not install ${names.join(', ')}. See ${logFile}`);
    disableUnits(prefix);
  } finally {
    restore();
    process.off('exit', restore);
  }
}

/**
 * @param {string[]} prefix
 * @returns {() => void} restores the earlier policy
 */
function preventServiceStarts(prefix) {
  restorePolicy(prefix);
  const folder = mkdtempSync(join(tmpdir(), 'video-to-mp3-'));
  const script = join(folder, 'policy-rc.d');
  writeFileSync(script, POLICY, { mode: 0o755 });
  if (existsSync(POLICY_FILE)) asRoot(prefix, ['mv', POLICY_FILE, SAVED_POLICY_FILE]);
  asRoot(prefix, ['install', '-m', '755', script, POLICY_FILE]);
  rmSync(folder, { recursive: true });
  return () => restorePolicy(prefix);
}

/**
 * Also cleans up after a run that was killed during an installation.
 * @param {string[]} prefix
 */
function restorePolicy(prefix) {
  const isOurs = spawnSync('grep', ['-q', MARK, POLICY_FILE], { stdio: 'ignore' }).status === 0;
  if (isOurs) asRoot(prefix, ['rm', '-f', POLICY_FILE]);
  if (existsSync(SAVED_POLICY_FILE)) asRoot(prefix, ['mv', SAVED_POLICY_FILE, POLICY_FILE]);
}

/** @param {string[]} prefix */
function disableUnits(prefix) {
  if (findProgram('systemctl') === null) return;
  for (const unit of ENABLED_UNITS) asRoot(prefix, ['systemctl', 'disable', unit]);
}

/**
 * @param {string[]} prefix
 * @param {string[]} command
 */
function asRoot(prefix, command) {
  const [program = '', ...args] = [...prefix, ...command];
  spawnSync(program, args, { stdio: 'ignore' });
}
