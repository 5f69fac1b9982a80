import { join } from 'node:path';
import { createRunFolder, removeAbandonedRuns } from '../../tools/processes/run-folder.mjs';
import { complain, step, surviveClosedConsole } from '../../tools/project/console-output.mjs';
import { makeDataFolder } from '../../tools/project/file-problem.mjs';
import { runningInstance } from './instance-lock.mjs';
import {
  buildPrograms,
  hasDependencies,
  installDependencies,
  PROJECT_FOLDER,
  staleHash,
} from '../../tools/project/project.mjs';

/** @typedef {import('../../tools/processes/process-ledger.mjs').ProcessLedger} ProcessLedger */

const DATA_FOLDER = join(PROJECT_FOLDER, '.data');
const RUNS_FOLDER = join(DATA_FOLDER, 'one-off');
const INTERRUPTED_EXIT_CODE = 130;

/**
 * Runs one task with its own processes and files, which are removed at its end. Prints errors and then exits with 1.
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
    // An interrupted task fails too, but its error is of no interest.
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

/** Throws if the service runs, because installing removes its packages for a while, including PostgreSQL. */
export function rejectIfServiceRuns() {
  if (runningService() === null) return;
  throw new Error(
    'The packages of the project have changed since the service was started here. Restart or stop the service first.',
  );
}

/** Installs missing packages. Writes nothing to standard output, which belongs to the command. */
export async function installMissing() {
  if (hasDependencies()) return;
  if (process.platform !== 'linux') {
    // The client runs on any system; only this installation, which leaves no processes, needs Linux.
    complain('Install the packages of the project first: npm ci');
    process.exitCode = 1;
    return;
  }
  await runOnce(async ({ folder, ledger }) => {
    rejectIfServiceRuns();
    complain('Installing the packages of the project, once (npm ci) …');
    await installDependencies(ledger, join(folder, 'install.log'));
  });
}

/**
 * Installs and builds what is missing or out of date.
 * @param {{ folder: string, ledger: ProcessLedger }} run
 */
export async function ensureBuilt({ folder, ledger }) {
  if (!hasDependencies()) {
    rejectIfServiceRuns();
    await step('dependencies (npm ci)', () => installDependencies(ledger, join(folder, 'install.log')));
  }
  if (staleHash('programs') !== null) await step('build', () => buildPrograms(ledger, folder));
}
