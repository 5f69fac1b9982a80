import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ProcessLedger } from '../../tools/processes/process-ledger.mjs';
import { startTestServices } from './test-services.mjs';
import { provideTestTools } from './test-tools.mjs';

/**
 * Keeps the services of the tests running during development. After `set -a; . .data/dev-services.env`, single test
 * files run without starting services.
 */
const dataFolder = join(import.meta.dirname, '..', '..', '.data');
const environmentFile = join(dataFolder, 'dev-services.env');
const folder = join(dataFolder, `test-${process.pid}`);
let isStopping = false;

mkdirSync(folder, { recursive: true, mode: 0o700 });
const ledger = new ProcessLedger(join(folder, 'processes.json'));
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, () => void stop(0));
try {
  const { variables } = await startTestServices({ folder, ledger, say: console.log });
  const tools = await provideTestTools({ folder, ledger, say: console.log });
  const lines = Object.entries({ ...variables, ...tools.variables }).map(([name, value]) => `${name}='${value}'`);
  writeFileSync(environmentFile, `${lines.join('\n')}\n`, { mode: 0o600 });
  console.log(`running; the variables are in ${environmentFile}. Press Ctrl-C to stop.`);
} catch (error) {
  if (!isStopping) console.error(/** @type {Error} */ (error).message);
  await stop(1);
}
// Keeps this process alive for its services.
setInterval(() => {}, 60_000);

/** @param {number} exitCode */
async function stop(exitCode) {
  if (isStopping) return;
  isStopping = true;
  rmSync(environmentFile, { force: true });
  await ledger.stopAll();
  rmSync(folder, { recursive: true, force: true });
  process.exit(exitCode);
}
