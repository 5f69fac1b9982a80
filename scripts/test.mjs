import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { endMarkedProcesses, TEST_RUN_MARK } from '../tools/processes/marked-processes.mjs';
import { isSameProcessRunning } from '../tools/processes/process-identity.mjs';
import { complain, keepStandardOutputFree, say, step, surviveClosedConsole } from '../tools/project/console-output.mjs';
import { makeDataFolder } from '../tools/project/file-problem.mjs';
import { findLauncher } from './start/launcher.mjs';
import { rejectIfServiceRuns } from './start/one-off.mjs';
import { hasDependencies, installDependencies, PROJECT_FOLDER, testFiles } from '../tools/project/project.mjs';
import { createRunFolder, removeAbandonedRuns } from '../tools/processes/run-folder.mjs';
import { figuresTable } from '../test/runner/bench-figures.mjs';
import { selectTests } from '../test/runner/selection.mjs';
import { TestRun } from '../test/runner/test-run.mjs';

/**
 * `npm test`: checks, builds and tests the project with its own services, which it stops at the end.
 * `npm test -- <part of a path>` runs the tests whose paths contain it.
 */

const LAUNCHER_CHECK_MS = 1_000;
const INTERRUPTED_EXIT_CODE = 130;

surviveClosedConsole();
const selection = selectTests(process.argv.slice(2), testFiles());
if (selection.isJson) keepStandardOutputFree();
const dataFolder = join(PROJECT_FOLDER, '.data');
const runsFolder = join(dataFolder, 'tests');
const runId = randomUUID();
process.env[TEST_RUN_MARK] = runId;
try {
  makeDataFolder(dataFolder);
} catch (error) {
  complain(/** @type {Error} */ (error).message);
  process.exit(1);
}
await removeAbandonedRuns(runsFolder);
const { folder, ledger, remove } = createRunFolder(runsFolder);
let isEnding = false;

const launcher = findLauncher();
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, () => void interrupt());
if (launcher !== null) {
  setInterval(() => !isSameProcessRunning(launcher) && void interrupt(), LAUNCHER_CHECK_MS).unref();
}

const run = new TestRun({ folder, ledger, selection });
try {
  if (!hasDependencies()) {
    rejectIfServiceRuns();
    await step('dependencies (npm ci)', () => installDependencies(ledger, join(folder, 'install.log')));
  }
  await run.run();
} catch (error) {
  if (!isEnding) complain(/** @type {Error} */ (error).message);
  run.tally.addCheck('the test run itself', false);
}
if (!isEnding) {
  await end();
  const { tally, figures } = run;
  if (selection.isJson) process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`);
  else if (figures.length > 0) say(`\n${figuresTable(figures)}\n`);
  for (const skip of tally.skips) say(`skipped: ${relative(skip)}`);
  if (tally.skips.length > 0) say(`${tally.skips.length} skipped`);
  for (const failure of tally.failures) complain(`failed: ${relative(failure)}`);
  say(String(tally));
  process.exit(tally.isPassed ? 0 : 1);
}

async function interrupt() {
  if (isEnding) return;
  say('stopping');
  await end();
  process.exit(INTERRUPTED_EXIT_CODE);
}

async function end() {
  isEnding = true;
  await ledger.stopAll();
  const left = await endMarkedProcesses(TEST_RUN_MARK, runId);
  for (const command of left) complain(`ended a leftover process of a test: ${command}`);
  remove();
}

/** @param {string} text */
function relative(text) {
  return text.replace(`${PROJECT_FOLDER}/`, '');
}
