import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { isPortFree } from '../services/free-port.mjs';
import { ServiceState } from '../services/service-state.mjs';
import { runSetup, startApps, watchApps } from './apps.mjs';
import { startBackingServices } from './backing-services.mjs';
import { say, step } from './console-output.mjs';
import { buildApps, hasDependencies, installDependencies, staleBuildHash } from './project.mjs';
import { untilSystemReady } from './readiness.mjs';

/**
 * @typedef {import('./backing-services.mjs').Context} Context
 * @typedef {{ port: number, workers: number, url: string }} Wishes
 */

/**
 * From a checkout to a system that could run a conversion.
 * @param {Context} context
 * @param {Wishes} wishes
 * @param {() => boolean} isStopping
 */
export async function bringUp(context, { port, workers, url }, isStopping) {
  const { ledger, dataFolder } = context;
  const logs = join(dataFolder, 'logs');
  mkdirSync(logs, { recursive: true });
  const orphans = await ledger.endOrphans();
  if (orphans.length > 0) say(`  ✓ ended what a killed start had left: ${orphans.join(', ')}`);
  const host = context.settings.HOST ?? '127.0.0.1';
  if (!(await isPortFree(port, host))) {
    throw new Error(`Port ${port} is in use by another program. Choose another: PORT=${port + 1} npm start`);
  }
  if (!hasDependencies()) {
    await step('dependencies (npm ci)', () => installDependencies(ledger, join(logs, 'install.log')));
  }
  const [variables] = await Promise.all([startBackingServices(context), build(context, logs)]);
  /** @type {NodeJS.ProcessEnv} */
  const env = { ...process.env, PORT: String(port), SECRET_KEY: secretKey(context), ...variables };
  await runSetup(context, env);
  await startApps(context, env, workers);
  await untilSystemReady(url, { isStopping, say });
  // Only from here on: while everything starts, the apps warn of what is not there yet.
  watchApps(dataFolder, workers);
}

/**
 * @param {Context} context
 * @param {string} logFolder
 */
async function build({ ledger }, logFolder) {
  if (staleBuildHash() !== null) await step('build', () => buildApps(ledger, logFolder));
}

/** @param {Context} context */
function secretKey({ settings, dataFolder }) {
  return settings.SECRET_KEY ?? new ServiceState(dataFolder).secret('SECRET_KEY');
}
