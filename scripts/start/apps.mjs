import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { say, step } from '../../tools/project/console-output.mjs';
import { LogWatch } from './log-watch.mjs';
import { program, PROJECT_FOLDER, runTask } from '../../tools/project/project.mjs';

/**
 * @typedef {import('./backing-services.mjs').Context} Context
 * @typedef {'api' | 'worker' | 'notifier'} App
 */

/** Variables that the other apps have no use for. @type {Record<string, string[]>} */
const ONLY_FOR = { SECRET_KEY: ['api', 'notifier'], SMTP_URL: ['api', 'notifier'], WORK_DIRECTORY: ['worker'] };
const DEFAULT_DRAIN_SECONDS = 20;
const MARGIN_SECONDS = 10;

/** @param {App | 'setup'} app */
function nodeArguments(app) {
  return [program(app)];
}

/**
 * @param {App | 'setup'} app
 * @param {NodeJS.ProcessEnv} env
 * @returns {NodeJS.ProcessEnv}
 */
export function variablesOf(app, env) {
  return Object.fromEntries(Object.entries(env).filter(([name]) => ONLY_FOR[name]?.includes(app) ?? true));
}

/**
 * Setup waits for services that do not answer yet, and the console names them.
 * @param {Context} context
 * @param {NodeJS.ProcessEnv} env
 */
export async function runSetup({ ledger, dataFolder }, env) {
  const logFile = logFileOf(dataFolder, 'setup');
  // Only of this run, because a failure shows it.
  rmSync(logFile, { force: true });
  const waits = new LogWatch('setup', logFile, (line) => say(`  … ${line}`), waitIn);
  const task = {
    name: 'setup',
    command: process.execPath,
    args: nodeArguments('setup'),
    logFile,
    env: variablesOf('setup', env),
  };
  waits.start();
  try {
    await step('setup: migrations, queues, storage', () => runTask(ledger, task));
  } finally {
    waits.stop();
  }
}

/** @param {string} line */
function waitIn(line) {
  return line.includes('Trying again') ? line : null;
}

/**
 * Starts the apps and keeps them running.
 * @param {Context} context
 * @param {NodeJS.ProcessEnv} env
 * @param {number} workers
 */
export async function startApps(context, env, workers) {
  await keepApp(context, 'api', 'api', env);
  for (const name of workerNames(workers)) await keepApp(context, 'worker', name, env);
  await keepApp(context, 'notifier', 'notifier', env);
}

/** @param {number} workers */
export function workerNames(workers) {
  return workers === 1 ? ['worker'] : Array.from({ length: workers }, (_, index) => `worker-${index + 1}`);
}

/**
 * @param {string} dataFolder
 * @param {string} name
 */
export function logFileOf(dataFolder, name) {
  return join(dataFolder, 'logs', `${name}.log`);
}

/**
 * @param {Context} context
 * @param {App} app
 * @param {string} name
 * @param {NodeJS.ProcessEnv} env
 */
async function keepApp({ ledger, supervisor, settings, dataFolder }, app, name, env) {
  const drainSeconds = Number(settings.DRAIN_SECONDS ?? DEFAULT_DRAIN_SECONDS);
  await supervisor.keep(name, async () => ({
    main: ledger.launch({
      name,
      kind: 'app',
      command: process.execPath,
      args: nodeArguments(app),
      cwd: PROJECT_FOLDER,
      env: variablesOf(app, env),
      logFile: logFileOf(dataFolder, name),
      stopTimeoutMs: (drainSeconds + MARGIN_SECONDS) * 1000,
    }),
  }));
}
