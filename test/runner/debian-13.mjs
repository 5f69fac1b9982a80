import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseEnv } from 'node:util';
import { configureApt } from '../../tools/lean-ffmpeg/debian-archive.mjs';
import { findProgram } from '../../tools/services/find-program.mjs';
import { lastLines } from '../../tools/services/running-service.mjs';
import { step } from '../../tools/project/console-output.mjs';
import { PROJECT_FOLDER } from '../../tools/project/project.mjs';

/**
 * The images run on Debian 13. On an older Debian, its setpriv, which can load system call filters, and its ffmpeg are
 * unpacked into a folder with all their libraries. Nothing is installed.
 * @typedef {import('../../tools/processes/process-ledger.mjs').ProcessLedger} ProcessLedger
 */

const RELEASE = 'trixie';
const PACKAGES = ['util-linux', 'ffmpeg'];
/** The programs to keep, and an argument that shows that they start. */
const PROGRAMS = { setpriv: '--version', ffmpeg: '-version' };
const FOLDER = join(PROJECT_FOLDER, '.cache', 'debian-13');
/**
 * Below the folder of the libraries; an installation would link the first two, and the last is an absolute path of its
 * user.
 */
const MORE_LIBRARIES = ['blas', 'lapack', 'pulseaudio'];
const FILTER_OPTION = '--seccomp-filter';
const WHAT = "Debian 13's setpriv and ffmpeg";

/**
 * @param {{ folder: string, ledger: ProcessLedger, say: (message: string) => void }} options
 * @returns {Promise<import('./test-tools.mjs').Provision>} a setpriv that loads filters, and Debian 13's ffmpeg if
 *   that of the system is older
 */
export async function provideDebian13({ folder, ledger, say }) {
  const setpriv = findProgram('setpriv');
  if (setpriv !== null && spawnSync(setpriv, ['--help'], { encoding: 'utf8' }).stdout.includes(FILTER_OPTION)) {
    return { variables: { TEST_SETPRIV_PATH: setpriv }, missing: [] };
  }
  const release = debianRelease();
  if (!isUnpacked() && release === null) {
    say(`the tests of system call filters are skipped: setpriv has no ${FILTER_OPTION}, and this is not Debian`);
    return { variables: {}, missing: [] };
  }
  try {
    if (!isUnpacked()) await step(`${WHAT}, unpacked once`, () => unpack(release ?? '', { folder, ledger }));
  } catch (error) {
    const { message } = /** @type {Error} */ (error);
    if (!ledger.isClosed) say(`the tests with ${WHAT} are skipped: ${message}`);
    return { variables: {}, missing: [WHAT] };
  }
  return { variables: { TEST_SETPRIV_PATH: program('setpriv'), TEST_FFMPEG_7_PATH: program('ffmpeg') }, missing: [] };
}

/** @param {string} name */
function program(name) {
  return join(FOLDER, 'bin', name);
}

function isUnpacked() {
  return Object.keys(PROGRAMS).every((name) => existsSync(program(name)));
}

/** @returns {string | null} the code name of this Debian; null on another system */
function debianRelease() {
  if (!existsSync('/etc/os-release') || findProgram('apt-get') === null) return null;
  const { ID, VERSION_CODENAME } = parseEnv(readFileSync('/etc/os-release', 'utf8'));
  return ID === 'debian' ? (VERSION_CODENAME ?? null) : null;
}

/**
 * @param {string} systemRelease
 * @param {{ folder: string, ledger: ProcessLedger }} options
 */
async function unpack(systemRelease, { folder, ledger }) {
  const work = join(folder, 'debian-13');
  const logFile = join(folder, 'debian-13.log');
  // The system's own sources with the name of the other release.
  const aptConfig = configureApt(work, (list) => list.replaceAll(systemRelease, RELEASE));
  const env = { ...process.env, APT_CONFIG: aptConfig, LC_ALL: 'C.UTF-8' };
  const run = async (/** @type {string[]} */ [command = '', ...args]) => {
    const task = ledger.launch({ name: command, kind: 'task', command, args, env, logFile });
    return (await task.exited).code === 0;
  };
  // It also fails for unneeded sources. The next step shows whether the needed packages exist.
  await run(['apt-get', 'update']);
  const root = join(work, 'root');
  const unpackAll = 'for package in "$1"/*.deb; do dpkg -x "$package" "$2" || exit 1; done';
  const steps = [
    ['apt-get', 'install', '--yes', '--download-only', ...PACKAGES],
    ['/bin/sh', '-c', unpackAll, 'sh', join(work, 'cache', 'archives'), root],
  ];
  for (const command of steps) {
    if (!(await run(command))) throw new Error(`${command[0]} failed:\n${lastLines(logFile)}`);
  }
  const result = join(work, 'result');
  keepPrograms(root, result);
  // Another run can have been first, and its tests use these files.
  if (!isUnpacked()) {
    rmSync(FOLDER, { recursive: true, force: true });
    mkdirSync(dirname(FOLDER), { recursive: true });
    // Last, so that an existing folder is complete.
    renameSync(result, FOLDER);
  }
  rmSync(work, { recursive: true });
}

/**
 * Collects the programs, their libraries, and a script for each program that starts it with these libraries.
 * @param {string} root what the packages hold
 * @param {string} folder
 */
function keepPrograms(root, folder) {
  for (const name of ['bin', 'libexec']) mkdirSync(join(folder, name), { recursive: true });
  const libraries = readdirSync(join(root, 'usr/lib')).find((name) =>
    existsSync(join(root, 'usr/lib', name, 'libc.so.6')),
  );
  if (libraries === undefined) throw new Error('the packages contain no C library');
  renameSync(join(root, 'usr/lib', libraries), join(folder, 'lib'));
  const loader = readdirSync(join(folder, 'lib')).find((name) => /^ld-linux.*\.so/.test(name));
  const path = ['', ...MORE_LIBRARIES.map((name) => `/${name}`)].map((name) => `$here/lib${name}`).join(':');
  for (const [name, argument] of Object.entries(PROGRAMS)) {
    renameSync(join(root, 'usr/bin', name), join(folder, 'libexec', name));
    const start = `exec "$here/lib/${loader}" --library-path "${path}" "$here/libexec/${name}" "$@"`;
    const script = join(folder, 'bin', name);
    writeFileSync(script, `#!/bin/sh\nhere=\${0%/*}/..\n${start}\n`, { mode: 0o755 });
    const { status, stderr } = spawnSync(script, [argument], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`${name} does not start: ${stderr}`);
  }
}
