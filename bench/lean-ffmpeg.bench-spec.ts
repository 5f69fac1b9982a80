import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { leanFfmpegFolder, makeClip, testFfmpegPath } from '@app/testing';
import { expect, it } from 'vitest';
import { programsFor } from '../tools/lean-ffmpeg/recipe.mjs';
import { median, report } from './support/figures.js';

const ROUNDS = 15;
const run = promisify(execFile);
/** Prints the user and system time of a command, in seconds. */
const MEASURE = 'TIMEFORMAT="%3U %3S"; { time "$@" >/dev/null 2>&1; } 2>&1';

interface Cost {
  readonly wallMs: number;
  readonly cpuMs: number;
}

const lean = leanFfmpegFolder();

it.skipIf(lean === null)(`the lean ffmpeg beside the system's, medians of ${ROUNDS} alternating runs`, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lean-ffmpeg-'));
  const output = join(folder, 'out.mp3');
  const converting = async (seconds: number): Promise<string[]> => {
    return ['-nostdin', '-v', 'error', '-y', '-i', await makeClip({ seconds }), '-vn', output];
  };
  const tasks = {
    'starting (-version)': ['-version'],
    'a 3 s clip': await converting(3),
    'a 30 s clip': await converting(30),
  };
  const programs = [testFfmpegPath(), ...Object.keys(programsFor(process.arch)).map((name) => join(lean ?? '', name))];
  for (const [task, args] of Object.entries(tasks)) await compare(task, programs, args);
  await rm(folder, { recursive: true });
  expect(programs.length).toBeGreaterThan(1);
});

async function compare(task: string, programs: readonly string[], args: readonly string[]): Promise<void> {
  const costs = new Map<string, Cost[]>(programs.map((program) => [program, []]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const program of programs) costs.get(program)?.push(await cost(program, args));
  }
  const [system = '', ...others] = programs;
  const figure = (program: string, kind: keyof Cost): number =>
    median((costs.get(program) ?? []).map((each) => each[kind]));
  const figures = others.map((program) => {
    const name = program.replace(/.*\//, '');
    const ratio = (kind: keyof Cost): number => figure(program, kind) / figure(system, kind);
    return {
      [`${name} ÷ system, processor time`]: ratio('cpuMs'),
      [`${name} ÷ system, elapsed time`]: ratio('wallMs'),
    };
  });
  report(task, {
    'system, processor time, ms': figure(system, 'cpuMs'),
    'system, elapsed time, ms': figure(system, 'wallMs'),
    ...Object.assign({}, ...figures),
  });
}

async function cost(program: string, args: readonly string[]): Promise<Cost> {
  const startedAt = performance.now();
  const { stdout } = await run('bash', ['-c', MEASURE, 'bash', program, ...args]);
  const wallMs = performance.now() - startedAt;
  const cpuMs = stdout
    .trim()
    .split(' ')
    .reduce((sum, seconds) => sum + Number(seconds) * 1000, 0);
  return { wallMs, cpuMs };
}
