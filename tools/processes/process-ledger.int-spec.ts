import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { waitFor } from '@app/testing';
import { endMarkedProcesses, markedProcesses } from './marked-processes.mjs';
import { identifyProcess } from './process-identity.mjs';
import { ProcessLedger, readRecords } from './process-ledger.mjs';

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ledger '));
  file = join(folder, 'processes.json');
});

afterEach(() => rm(folder, { recursive: true }));

function launchSleep(ledger: ProcessLedger, script = 'exec sleep 600') {
  const logFile = join(folder, 'log');
  return ledger.launch({ name: 'sleep', kind: 'service', command: 'sh', args: ['-c', script], logFile });
}

describe('ProcessLedger', () => {
  it('records running processes and removes ended ones', async () => {
    const sut = new ProcessLedger(file);
    const child = launchSleep(sut);

    expect(readRecords(file)).toMatchObject([{ name: 'sleep', pid: child.pid }]);
    await sut.stopAll();
    expect(readRecords(file)).toEqual([]);
    expect(identifyProcess(child.pid)).toBeNull();
    expect(() => launchSleep(sut)).toThrow('being stopped');
  });

  it('ends the processes of an earlier run, even if they ignore SIGTERM', async () => {
    const earlier = new ProcessLedger(file);
    const child = earlier.launch({
      name: 'deaf',
      kind: 'app',
      command: 'sh',
      args: ['-c', 'trap "" TERM; echo deaf; while :; do sleep 1; done'],
      logFile: join(folder, 'log'),
      stopTimeoutMs: 100,
    });
    await waitFor(async () => (await readFile(join(folder, 'log'), 'utf8')).includes('deaf'));

    expect(await new ProcessLedger(file).endOrphans()).toEqual(['deaf']);
    expect(await child.exited).toMatchObject({ signal: 'SIGKILL' });
  });

  it('does not end another process with the id of a recorded one', async () => {
    const stranger = spawn('sleep', ['600']);
    const pid = stranger.pid ?? 0;
    const record = {
      pid,
      startTime: 'some-boot/1',
      name: 'gone',
      kind: 'app',
      stopSignal: 'SIGKILL',
      stopTimeoutMs: 1,
    };
    await writeFile(file, JSON.stringify([record]));

    expect(await new ProcessLedger(file).endOrphans()).toEqual([]);
    expect(identifyProcess(pid)).not.toBeNull();
    stranger.kill();
  });

  it('runs no process that is not recorded', async () => {
    const proof = join(folder, 'proof');
    // A start that is killed after it started a process and before it recorded it.
    const program = `
      import { ProcessLedger } from ${JSON.stringify(join(import.meta.dirname, 'process-ledger.mjs'))};
      import fs from 'node:fs';
      import { syncBuiltinESMExports } from 'node:module';
      const ledger = new ProcessLedger(${JSON.stringify(file)});
      fs.writeFileSync = () => process.kill(process.pid, 'SIGKILL');
      syncBuiltinESMExports();
      const args = ['-c', 'touch "$0"; exec sleep 600', ${JSON.stringify(proof)}];
      ledger.launch({ name: 'touch', kind: 'app', command: 'sh', args, logFile: '/dev/null' });
    `;
    const mark = `${process.pid}-${Date.now()}`;
    const env = { ...process.env, LEDGER_TEST: mark };
    const start = spawn(process.execPath, ['--input-type=module', '-e', program], { env, stdio: 'inherit' });
    const [, signal] = await new Promise<[number | null, string | null]>((resolve) => {
      start.once('exit', (code, by) => resolve([code, by]));
    });
    expect(signal).toBe('SIGKILL');

    try {
      await waitFor(() => markedProcesses(`LEDGER_TEST=${mark}`).length === 0, { what: 'the end of the unrecorded' });
    } finally {
      await endMarkedProcesses('LEDGER_TEST', mark);
    }
    await expect(readFile(proof)).rejects.toThrow('ENOENT');
  });
});

describe('endMarkedProcesses', () => {
  it('finds a grandchild in another process group', async () => {
    const mark = `${process.pid}-${Date.now()}`;
    const env = { ...process.env, MARK_TEST: mark };
    spawn('setsid', ['sh', '-c', 'setsid sleep 600 & wait'], { env, stdio: 'ignore' });
    const commands = (): string[] => markedProcesses(`MARK_TEST=${mark}`).map((pid) => commandLine(pid));
    await waitFor(() => commands().includes('sleep 600'), { what: 'the child of the child' });

    const found = await endMarkedProcesses('MARK_TEST', mark);

    expect(found).toContain('sleep 600');
    expect(await endMarkedProcesses('MARK_TEST', mark)).toEqual([]);
  });
});

function commandLine(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
}
