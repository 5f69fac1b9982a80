import { join } from 'node:path';
import { isSameProcessRunning } from '../tools/processes/process-identity.mjs';
import { ProcessLedger } from '../tools/processes/process-ledger.mjs';
import { Supervisor } from '../tools/processes/supervisor.mjs';
import { lastLines } from '../tools/services/running-service.mjs';
import { CONTAINERS_COMMAND } from '../tools/services/system-packages.mjs';
import { apiAddress } from './start/api-address.mjs';
import { parseArguments, parsePort, USAGE } from './start/arguments.mjs';
import { bringUp } from './start/bring-up.mjs';
import { complain, say, surviveClosedConsole } from '../tools/project/console-output.mjs';
import { fileProblem, makeDataFolder, requireOwnFolder } from '../tools/project/file-problem.mjs';
import { InstanceLock } from './start/instance-lock.mjs';
import { findLauncher } from './start/launcher.mjs';
import { PROJECT_FOLDER } from '../tools/project/project.mjs';
import { readSettings } from './start/settings.mjs';

/** `npm start`: starts the whole system on this machine and runs until it is stopped. */

// In a terminal, Ctrl-C reaches this process twice: from the terminal and, forwarded, from npm.
const SAME_KEYSTROKE_MS = 500;
const DEATHS_BEFORE_GIVING_UP = 4;
const LAUNCHER_CHECK_MS = 1_000;

surviveClosedConsole();
const dataFolder = join(PROJECT_FOLDER, '.data');
const { workers, settings, address } = readOptions();
const { url } = address;
const launcher = findLauncher();
const lock = await takeLock();
const ledger = new ProcessLedger(join(dataFolder, 'processes.json'));
const supervisor = new Supervisor({
  onDeath,
  onRestart: (name) => say(`${name} was restarted`),
});
let stopRequestedAt = Number.NaN;
let isReady = false;
let earlyDeaths = 0;
const isStopping = () => !Number.isNaN(stopRequestedAt);

for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, () => onSignal(signal));
process.on('uncaughtException', (error) => {
  complain(fileProblem(error) ?? error.stack ?? String(error));
  void stop(1);
});
if (launcher !== null) setInterval(stopWithoutLauncher, LAUNCHER_CHECK_MS).unref();

try {
  say(`video-to-mp3: starting; state and logs are in ${dataFolder}`);
  await bringUp({ ledger, supervisor, settings, dataFolder }, { address, workers }, isStopping);
  isReady = true;
  if (!isStopping()) say(`ready: ${url}`);
} catch (error) {
  if (!isStopping()) {
    complain(fileProblem(error) ?? /** @type {Error} */ (error).message);
    await stop(1);
  }
}

/** @param {NodeJS.Signals} signal */
function onSignal(signal) {
  if (!isStopping()) {
    say('stopping (Ctrl-C again kills)');
    void stop(0);
  } else if (signal === 'SIGINT' && performance.now() - stopRequestedAt > SAME_KEYSTROKE_MS) {
    ledger.killAll();
    lock.release();
    process.exit(130);
  }
}

/**
 * @param {string} name
 * @param {string} how
 * @param {number} delayMs
 * @param {import('../tools/processes/managed-process.mjs').ManagedProcess | null} process
 */
function onDeath(name, how, delayMs, process) {
  complain(`${name} ${how}; restarting it in ${delayMs / 1000} s`);
  if (process !== null) complain(indent(lastLines(process.logFile)));
  // A process that never ran will not run later: the usual cause is its configuration, which the lines above name.
  earlyDeaths += isReady ? 0 : 1;
  if (earlyDeaths < DEATHS_BEFORE_GIVING_UP || isReady) return;
  complain('giving up: the system does not start');
  void stop(1);
}

/** @param {number} exitCode */
async function stop(exitCode) {
  if (isStopping()) return;
  stopRequestedAt = performance.now();
  supervisor.close();
  await ledger.stopAll();
  lock.release();
  say('stopped');
  process.exit(exitCode);
}

function stopWithoutLauncher() {
  if (launcher !== null && !isSameProcessRunning(launcher)) void stop(1);
}

function readOptions() {
  try {
    const wishes = parseArguments(process.argv.slice(2));
    if (wishes.isHelp) {
      say(USAGE);
      process.exit(0);
    }
    if (process.platform !== 'linux') throw new Error(`npm start needs Linux. Elsewhere: ${CONTAINERS_COMMAND}`);
    const variables = readSettings(PROJECT_FOLDER, process.env);
    const port = parsePort(variables.PORT);
    return { workers: wishes.workers, settings: variables, address: apiAddress(variables.HOST, port) };
  } catch (error) {
    complain(`${/** @type {Error} */ (error).message}\n\n${USAGE}`);
    process.exit(1);
  }
}

async function takeLock() {
  try {
    makeDataFolder(dataFolder);
    requireOwnFolder(dataFolder);
    return await lockFolder();
  } catch (error) {
    complain(fileProblem(error) ?? /** @type {Error} */ (error).message);
    process.exit(1);
  }
}

async function lockFolder() {
  const own = new InstanceLock(join(dataFolder, 'start.lock'));
  const holder = await own.acquire({ launcher, url });
  if (holder === null) return own;
  complain(`video-to-mp3 already runs in this folder (process ${holder.pid}): ${holder.url}`);
  process.exit(1);
}

/** @param {string} text */
function indent(text) {
  return text.replaceAll(/^/gm, '    ');
}
