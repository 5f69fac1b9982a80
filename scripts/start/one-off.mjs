import { join } from 'node:path';
import { createRunFolder, removeAbandonedRuns } from '../../tools/processes/run-folder.mjs';
import { complain, step, surviveClosedConsole } from '../../tools/project/console-output.mjs';
import { makeDataFolder } from '../../tools/project/file-problem.mjs';
import { runningInstance } from './instance-lock.mjs';
import {
  buildApps,
  hasDependencies,
  installDependencies,
  PROJECT_FOLDER,
  staleBuildHash,
} from '../../tools/project/project.mjs';

/** @typedef {import('../../tools/processes/process-ledger.mjs').ProcessLedger} ProcessLedger */

const DATA_FOLDER = join(PROJECT_FOLDER, '.data');
const RUNS_FOLDER = join(DATA_FOLDER, 'one-off');
const INTERRUPTED_EXIT_CODE = 130;

/**
 * Does one thing with processes and files of its own, which end with it. An error is said, and makes the exit code 1.
 * @param {(run: { folder: string, ledger: ProcessLedger }) => Promise<void>} work
 */
export async function runOnce(work) {
  surviveClosedConsole();
  try {
    makeDataFolder(DATA_FOLDER);
  } catch (error) {
    complain(/** @type {Error} */ (error).message);
    process.exitCode = 1;
    return;
  }
  await removeAbandonedRuns(RUNS_FOLDER);
  const { folder, ledger, remove } = createRunFolder(RUNS_FOLDER);
  const end = async () => {
    await ledger.stopAll();
    remove();
  };
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => !ledger.isClosed && void end().then(() => process.exit(INTERRUPTED_EXIT_CODE)));
  }
  try {
    await work({ folder, ledger });
  } catch (error) {
    // What was interrupted fails too, and nobody wants to read of it.
    if (ledger.isClosed) return;
    complain(/** @type {Error} */ (error).message);
    process.exitCode = 1;
  }
  await end();
}

export const OLDER_SERVICE =
  'The running service is older than the code, and so is this command: start the service again.';

/** @returns {import('./instance-lock.mjs').Holder | null} the `npm start` that runs in this folder */
export function runningService() {
  return runningInstance(join(DATA_FOLDER, 'start.lock'));
}

/** Installing takes packages away for a while: from under a service that runs on them, PostgreSQL's programs too. */
export function refuseBesideService() {
  if (runningService() === null) return;
  throw new Error(
    'The packages of the project have changed since the service was started here: start it again, or stop it, first.',
  );
}

/** Installs the packages where they are not there. Standard output stays the command's own. */
export async function installMissing() {
  if (hasDependencies()) return;
  if (process.platform !== 'linux') {
    // The client runs anywhere; only this way of installing, which leaves no process behind, needs Linux.
    complain('Install the packages of the project first: npm ci');
    process.exitCode = 1;
    return;
  }
  await runOnce(async ({ folder, ledger }) => {
    refuseBesideService();
    complain('Installing the packages of the project, once (npm ci) …');
    await installDependencies(ledger, join(folder, 'install.log'));
  });
}

/**
 * Installs and builds what is not there or out of date.
 * @param {{ folder: string, ledger: ProcessLedger }} run
 */
export async function ensureBuilt({ folder, ledger }) {
  if (!hasDependencies()) {
    refuseBesideService();
    await step('dependencies (npm ci)', () => installDependencies(ledger, join(folder, 'install.log')));
  }
  if (staleBuildHash() !== null) await step('build', () => buildApps(ledger, folder));
}
