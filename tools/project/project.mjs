import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { lastLines } from '../services/running-service.mjs';
import { isInstallationOf, readRecord } from './installed-packages.mjs';

/** @typedef {import('../processes/process-ledger.mjs').ProcessLedger} ProcessLedger */

export const PROJECT_FOLDER = join(import.meta.dirname, '..', '..');
const APPS = /** @type {const} */ (['api', 'worker', 'notifier', 'setup']);
/** The entry points of the programs that `npm start` and the commands run. */
export const PROGRAMS = {
  api: 'apps/api/src/main.ts',
  worker: 'apps/worker/src/main.ts',
  notifier: 'apps/notifier/src/main.ts',
  setup: 'apps/setup/src/main.ts',
  'add-user': 'apps/api/src/add-user.ts',
  admin: 'apps/api/src/admin.ts',
};
const PROGRAMS_FOLDER = join(PROJECT_FOLDER, 'dist', 'programs');
const BUNDLER = join('tools', 'project', 'bundle-programs.mjs');
const APP_FOLDERS = APPS.map((app) => join('apps', app));
const SOURCES = [...APP_FOLDERS, 'libs', 'tsconfig.json', 'package-lock.json'];
/** @type {Record<'build' | 'programs', { mark: string, inputs: string[], results: string[] }>} */
const RESULTS = {
  build: {
    mark: join(PROJECT_FOLDER, 'dist', '.built-from'),
    inputs: [...SOURCES, 'nest-cli.json'],
    results: APPS.map((app) => entryPoint(app)),
  },
  programs: {
    mark: join(PROGRAMS_FOLDER, '.built-from'),
    inputs: [...SOURCES, BUNDLER, join('tools', 'project', 'project.mjs')],
    results: /** @type {(keyof typeof PROGRAMS)[]} */ (Object.keys(PROGRAMS)).map((name) => program(name)),
  },
};
const TEST_FOLDERS = ['apps', 'libs', 'scripts', 'tools', 'test', 'bench'];
const IS_TEST = /\.(int-|e2e-|lean-|bench-)?spec\.ts$/;

/**
 * @param {typeof APPS[number]} app
 * @returns {string} the file of the complete build that node runs in the images
 */
export function entryPoint(app) {
  return join(PROJECT_FOLDER, 'dist', 'apps', app, 'apps', app, 'src', 'main.js');
}

/**
 * @param {keyof typeof PROGRAMS} name
 * @returns {string} the file that node runs here
 */
export function program(name) {
  return join(PROGRAMS_FOLDER, `${name}.mjs`);
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

/**
 * @param {'build' | 'programs'} what
 * @returns {string | null} the hash to record after it; null if it was made from the same sources
 */
export function staleHash(what) {
  const { mark, inputs, results } = RESULTS[what];
  const hash = sourcesHash(inputs);
  const isThere = existsSync(mark) && results.every((file) => existsSync(file));
  return isThere && readFileSync(mark, 'utf8') === hash ? null : hash;
}

/**
 * Builds all apps in parallel, as for the images, with a check of their types.
 * @param {ProcessLedger} ledger
 * @param {string} logFolder
 */
export async function buildApps(ledger, logFolder) {
  const nest = join(PROJECT_FOLDER, 'node_modules', '@nestjs', 'cli', 'bin', 'nest.js');
  await unlessMade('build', () =>
    Promise.all(
      APPS.map((app) =>
        runTask(ledger, {
          name: `nest build ${app}`,
          command: process.execPath,
          args: [nest, 'build', app],
          logFile: join(logFolder, `build-${app}.log`),
        }),
      ),
    ),
  );
}

/**
 * Writes the programs without checking types, which takes a tenth of the time.
 * @param {ProcessLedger} ledger
 * @param {string} logFolder
 */
export async function buildPrograms(ledger, logFolder) {
  await unlessMade('programs', () => bundlePrograms(ledger, { logFolder, target: PROGRAMS_FOLDER }));
}

/**
 * @param {ProcessLedger} ledger
 * @param {{ logFolder: string, target: string }} folders
 */
export async function bundlePrograms(ledger, { logFolder, target }) {
  await runTask(ledger, {
    name: 'the build',
    command: process.execPath,
    args: [BUNDLER, target],
    logFile: join(logFolder, 'build.log'),
  });
}

/**
 * @param {'build' | 'programs'} what
 * @param {() => Promise<unknown>} make
 */
async function unlessMade(what, make) {
  const hash = staleHash(what);
  if (hash === null) return;
  await make();
  const { mark } = RESULTS[what];
  mkdirSync(dirname(mark), { recursive: true });
  writeFileSync(mark, hash);
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
