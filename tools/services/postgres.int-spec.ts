import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ProcessLedger } from '../processes/process-ledger.mjs';
import { startPostgres } from './postgres.mjs';

it('starts nothing, initdb neither, once everything is being stopped, and leaves no password', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'postgres-'));
  try {
    const ledger = new ProcessLedger(join(folder, 'processes.json'));
    await ledger.stopAll();
    await expect(startPostgres({ folder, ledger })).rejects.toThrow('initdb was not started');
    expect(readdirSync(folder).filter((name) => name.endsWith('password'))).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
