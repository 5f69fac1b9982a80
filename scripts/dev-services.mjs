import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ProcessLedger } from './processes/process-ledger.mjs';
import { startTestServices } from './services/test-services.mjs';

/**
 * Keeps the services of the tests running while someone works on them: `set -a; . .data/dev-services.env` makes single
 * test files run without a start of their own.
 */
const dataFolder = join(import.meta.dirname, '..', '.data');
const environmentFile = join(dataFolder, 'dev-services.env');
const folder = join(dataFolder, `test-${process.pid}`);

mkdirSync(folder, { recursive: true, mode: 0o700 });
const ledger = new ProcessLedger(join(folder, 'processes.json'));
const { variables, services } = await startTestServices({ folder, ledger, say: console.log });
const lines = Object.entries(variables).map(([name, value]) => `${name}='${value}'`);
writeFileSync(environmentFile, `${lines.join('\n')}\n`, { mode: 0o600 });
console.log(`running; the variables stand in ${environmentFile}. Ctrl-C ends it.`);

let isStopping = false;
async function stop() {
  if (isStopping) return;
  isStopping = true;
  rmSync(environmentFile, { force: true });
  await Promise.all(services.map((service) => service.stop()));
  rmSync(folder, { recursive: true, force: true });
  process.exit(0);
}
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, () => void stop());
// Keeps this process alive for its services.
setInterval(() => {}, 60_000);
