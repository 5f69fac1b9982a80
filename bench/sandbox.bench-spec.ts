import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { testServices, testSetprivPath } from '@app/testing';
import { it } from 'vitest';
import { chooseSandbox } from '../apps/worker/src/sandbox/choose-sandbox.js';
import type { Sandbox } from '../apps/worker/src/sandbox/sandbox.js';
import { median, report } from './support/figures.js';

const ROUNDS = 3;
const STARTS = 100;
const run = promisify(execFile);
/** Starts a command so many times, then prints the processor time of all its children. */
const REPEAT = 'n=$1; shift; i=0; while [ $i -lt $n ]; do "$@" > /dev/null || exit 1; i=$((i+1)); done; times';
const LIMITS = { cpuSeconds: 10, fileSizeBytes: 1_000_000 };
/** The last program of every chain: it is in a folder of libraries, which is there in every sandbox, and does little. */
const PROGRAM = ['/lib64/ld-linux-x86-64.so.2', '--version'];

/** Processor time of one start, in milliseconds: the last line of `times` is that of the children. */
async function costOf(command: readonly string[], env: Readonly<Record<string, string>>): Promise<number> {
  const { stdout } = await run('sh', ['-c', REPEAT, 'sh', String(STARTS), ...command], { env });
  const [, user = 0, system = 0] = /([\d.]+)s \d+m([\d.]+)s$/.exec(stdout.trim())?.map(Number) ?? [];
  return ((user + system) * 1000) / STARTS;
}

async function sandboxOf(setprivPath?: string): Promise<Sandbox> {
  const log = { warn: (): void => undefined };
  const { ffmpegPath } = testServices();
  return chooseSandbox({ isProduction: false, mode: 'relaxed', ffmpegPath, log, setprivPath });
}

it.skipIf(process.arch !== 'x64')('the processor time of one start, without ffmpeg', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sandbox-bench-'));
  const chosen = [await sandboxOf(), await sandboxOf(testSetprivPath() ?? undefined)];
  const { env } = chosen[0]?.wrap(PROGRAM, LIMITS, { reads: [], folder }) ?? { env: {} };
  const links: Record<string, readonly string[]> = {
    'nothing around it': [],
    nice: ['nice', '-n', '10'],
    prlimit: ['prlimit', '--cpu=10', '--nofile=64'],
    setpriv: ['setpriv', '--nnp', '--pdeathsig', 'KILL', '--inh-caps=-all'],
    'unshare -r': ['unshare', '-r'],
    'unshare -rn': ['unshare', '-r', '-n'],
    'unshare -rnm': ['unshare', '-r', '-n', '-m'],
  };
  const figures: Record<string, number[]> = {};
  const measure = async (name: string, command: readonly string[], variables = env): Promise<void> => {
    (figures[name] ??= []).push(await costOf(command, variables));
  };
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, link] of Object.entries(links)) await measure(name, [...link, ...PROGRAM]);
    for (const sandbox of chosen) {
      const { command, args } = sandbox.wrap(PROGRAM, LIMITS, { reads: [], folder });
      const name = `all: ${sandbox.layers.join(', ')}`;
      await measure(name, [command, ...args]);
      await measure(`${name}; with a language`, [command, ...args], { ...env, LANG: 'C.UTF-8' });
    }
  }
  await rm(folder, { recursive: true });
  const medians = Object.entries(figures).map(([name, each]) => [name, median(each)]);
  report(`One start, ms of processor time, median of ${ROUNDS} × ${STARTS}`, Object.fromEntries(medians));
});
