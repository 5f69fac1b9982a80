import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { it, onTestFinished } from 'vitest';
import { freePort } from '../tools/services/free-port.mjs';
import { NpmStart } from '../test/support/npm-start.js';
import { PROJECT } from '../test/support/run-script.js';
import { record, report } from './support/figures.js';

const run = promisify(execFile);

it('npm start in a fresh clone, and again', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fresh-clone-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await run('git', ['clone', '--quiet', PROJECT, folder]);
  const [first, second] = [await secondsUntilReady(folder), await secondsUntilReady(folder)];
  report('npm start, seconds until ready', { 'fresh clone': first, again: second });
  record(
    { name: 'fresh clone → ready', value: first, unit: 's', must: { atMost: 60 }, aim: { atMost: 40 } },
    { name: 'second start', value: second, unit: 's', must: { atMost: 8 }, aim: { atMost: 5 } },
  );
});

async function secondsUntilReady(folder: string): Promise<number> {
  const startedAt = performance.now();
  const start = new NpmStart(folder, { PORT: String(await freePort(undefined)) });
  await start.says('ready: ');
  const seconds = (performance.now() - startedAt) / 1000;
  start.pressCtrlC();
  await start.ended;
  return seconds;
}
