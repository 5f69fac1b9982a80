import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { identifyProcess, isSameProcessRunning } from './process-identity.mjs';
import { ProcessLedger } from './process-ledger.mjs';

const OWNER_FILE = 'owner.json';
const LEDGER_FILE = 'processes.json';

/**
 * Creates a folder for this run, with the ledger of its processes.
 * @param {string} parent
 * @returns {{ folder: string, ledger: ProcessLedger, remove: () => void }}
 */
export function createRunFolder(parent) {
  const folder = join(parent, String(process.pid));
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, OWNER_FILE), JSON.stringify(identifyProcess(process.pid)));
  const ledger = new ProcessLedger(join(folder, LEDGER_FILE));
  return { folder, ledger, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/**
 * Ends the processes and removes the folders of killed runs.
 * @param {string} parent
 */
export async function removeAbandonedRuns(parent) {
  mkdirSync(parent, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(parent)) {
    const folder = join(parent, name);
    if (isOwned(folder)) continue;
    await new ProcessLedger(join(folder, LEDGER_FILE)).endOrphans();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {string} folder */
function isOwned(folder) {
  try {
    return isSameProcessRunning(JSON.parse(readFileSync(join(folder, OWNER_FILE), 'utf8')));
  } catch {
    return false;
  }
}
