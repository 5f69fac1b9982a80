import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ServiceState } from '../../tools/services/service-state.mjs';
import { checkAddress } from './api-address.mjs';
import { AppWarnings } from './app-warnings.mjs';
import { runSetup, startApps } from './apps.mjs';
import { startBackingServices } from './backing-services.mjs';
import { say, step } from '../../tools/project/console-output.mjs';
import { buildPrograms, hasDependencies, installDependencies, staleHash } from '../../tools/project/project.mjs';
import { untilSystemReady } from './readiness.mjs';

/**
 * @typedef {import('./backing-services.mjs').Context} Context
 * @typedef {{ address: import('./api-address.mjs').ApiAddress, workers: number }} StartOptions
 */

/**
 * Starts everything, from a checkout to a system that can run a conversion.
 * @param {Context} context
 * @param {StartOptions} options
 * @param {() => boolean} isStopping
 */
export async function bringUp(context, { address, workers }, isStopping) {
  const { ledger, dataFolder } = context;
  const logs = join(dataFolder, 'logs');
  mkdirSync(logs, { recursive: true });
  const orphans = await ledger.endOrphans();
  if (orphans.length > 0) say(`  ✓ ended processes of a killed start: ${orphans.join(', ')}`);
  await checkAddress(address);
  const installed = install(context, logs);
  const [variables] = await Promise.all([
    startBackingServices(context, installed),
    installed.then(() => build(context, logs)),
  ]);
  /** @type {NodeJS.ProcessEnv} */
  const env = { ...process.env, ...ownVariables(context, address.url), PORT: String(address.port), ...variables };
  await runSetup(context, env);
  const warnings = new AppWarnings(dataFolder, workers);
  await startApps(context, env, workers);
  await untilSystemReady(address.url, {
    isStopping,
    onDelay: (missing) => {
      say(`  … still waiting: ${missing}`);
      warnings.showSinceStart();
    },
  });
  warnings.showFromNowOn();
}

/**
 * @param {Context} context
 * @param {string} logFolder
 */
async function install({ ledger }, logFolder) {
  if (hasDependencies()) return;
  await step('dependencies (npm ci)', () => installDependencies(ledger, join(logFolder, 'install.log')));
}

/**
 * @param {Context} context
 * @param {string} logFolder
 */
async function build({ ledger }, logFolder) {
  if (staleHash('programs') !== null) await step('build', () => buildPrograms(ledger, logFolder));
}

/**
 * @param {Context} context
 * @param {string} url
 */
function ownVariables({ settings, dataFolder }, url) {
  return {
    PUBLIC_URL: settings.PUBLIC_URL ?? url,
    SECRET_KEY: settings.SECRET_KEY ?? new ServiceState(dataFolder).secret('SECRET_KEY'),
    // On the disk of the stored objects, so that a source can be linked instead of copied.
    WORK_DIRECTORY: settings.WORK_DIRECTORY ?? join(dataFolder, 'work'),
  };
}
