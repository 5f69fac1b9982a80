import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { lastLines } from '../services/running-service.mjs';
import { isInstallationOf, readRecord } from './installed-packages.mjs';

/** @typedef {import('../processes/process-ledger.mjs').ProcessLedger} ProcessLedger */

export const PROJECT_FOLDER = join(import.meta.dirname, '..', '..');
const APPS = /** @type {const} */ (['api', 'worker', 'notifier', 'setup']);
const BUILD_MARK = join(PROJECT_FOLDER, 'dist', '.built-from');
const APP_FOLDERS = APPS.map((app) => join('apps', app));
const BUILD_INPUTS = [...APP_FOLDERS, 'libs', 'nest-cli.json', 'tsconfig.json', 'package-lock.json'];
const TEST_FOLDERS = ['apps', 'libs', 'scripts', 'tools', 'test', 'bench'];
const IS_TEST = /\.(int-|e2e-|lean-|bench-)?spec\.ts$/;

/**
 * @param {typeof APPS[number]} app
 * @param {string} [file]
 * @returns {string} the file that node runs
 */
export function entryPoint(app, file = 'main.js') {
  return join(PROJECT_FOLDER, 'dist', 'apps', app, 'apps', app, 'src', file);
}

/**
 * Returns true if the packages of the lock file are installed. npm writes its record last, so an interrupted
 * installation does not count.
 */
export function hasDependencies() {
  const record = join(PROJECT_FOLDER, 'node_modules', '.package-lock.json');
  if (!existsSync(record)) return false;
  const wanted = JSON.parse(readFileSync(join(PROJECT_FOLDER, 'package-lock.json'), 'utf8'));
  return isInstallationOf(wanted, readRecord(readFileSync(record, 'utf8')));
}

/**
 * @param {ProcessLedger} ledger
 * @param {string} logFile
 */
export async function installDependencies(ledger, logFile) {
  const [command = '', ...args] = [...npmCommand(), 'ci', '--include=dev', '--no-audit', '--no-fund'];
  await runTask(ledger, { name: 'npm ci', command, args, logFile });
}

/** @returns {string[]} the npm that runs this script, or else the one on the PATH */
export function npmCommand() {
  const npm = process.env.npm_execpath;
  return npm === undefined ? ['npm'] : [process.execPath, npm];
}

/** @returns {string[]} every test file, relative to the project */
export function testFiles() {
  return TEST_FOLDERS.flatMap((folder) => filesBelow(join(PROJECT_FOLDER, folder)))
    .filter((file) => IS_TEST.test(file))
    .map((file) => relative(PROJECT_FOLDER, file));
}

/** @returns {string | null} the hash to record after a build; null if the last build has the same sources */
export function staleBuildHash() {
  const hash = sourcesHash(BUILD_INPUTS);
  const isBuilt = existsSync(BUILD_MARK) && APPS.every((app) => existsSync(entryPoint(app)));
  return isBuilt && readFileSync(BUILD_MARK, 'utf8') === hash ? null : hash;
}

/**
 * Builds all apps in parallel.
 * @param {ProcessLedger} ledger
 * @param {string} logFolder
 */
export async function buildApps(ledger, logFolder) {
  const hash = staleBuildHash();
  if (hash === null) return;
  const nest = join(PROJECT_FOLDER, 'node_modules', '@nestjs', 'cli', 'bin', 'nest.js');
  await Promise.all(
    APPS.map((app) =>
      runTask(ledger, {
        name: `nest build ${app}`,
        command: process.execPath,
        args: [nest, 'build', app],
        logFile: join(logFolder, `build-${app}.log`),
      }),
    ),
  );
  mkdirSync(dirname(BUILD_MARK), { recursive: true });
  writeFileSync(BUILD_MARK, hash);
}

/**
 * Runs a command to its end. An error contains the end of its output.
 * @param {ProcessLedger} ledger
 * @param {{ name: string, command: string, args: string[], logFile: string, env?: NodeJS.ProcessEnv }} task
 */
export async function runTask(ledger, { name, ...task }) {
  const { exited } = ledger.launch({ name, kind: 'task', cwd: PROJECT_FOLDER, ...task });
  const { code } = await exited;
  if (code !== 0) throw new Error(`${name} failed. The end of ${task.logFile}:\n${lastLines(task.logFile)}`);
}

/**
 * Hashes files and folders of the project, except tests.
 * @param {string[]} inputs
 */
export function sourcesHash(inputs) {
  const hash = createHash('sha256');
  for (const input of inputs) {
    for (const file of filesBelow(join(PROJECT_FOLDER, input))) {
      if (!IS_TEST.test(file))
        hash
          .update(`${relative(PROJECT_FOLDER, file)}\0`)
          .update(readFileSync(file))
          .update('\0');
    }
  }
  return hash.digest('hex');
}

/**
 * @param {string} path
 * @returns {string[]}
 */
function filesBelow(path) {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .toSorted()
    .flatMap((name) => filesBelow(join(path, name)));
}
