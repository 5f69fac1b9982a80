import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { makeMedia, testServices } from '@app/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FfmpegEnv } from '../apps/worker/src/ffmpeg/ffmpeg.env.js';
import { chooseSandbox } from '../apps/worker/src/sandbox/choose-sandbox.js';
import { FfmpegTranscoder } from '../apps/worker/src/transcoding/ffmpeg-transcoder.js';
import { ServiceUnderTest } from '../test/support/service-under-test.js';
import { median, report } from './support/figures.js';

const MINUTES = 60;
const ROUNDS = 3;
const PARTS = 8;
/** Linux counts processor time in hundredths of a second. */
const TICK_MS = 10;
const MOST_OF_COMMAND = 0.6;
const MOST_CPU = 1.3;
const MOST_CPU_OF_PART = 0.2;
const run = promisify(execFile);

let folder: string;
let clip: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'several-cores-'));
  clip = await longClip();
});
afterAll(() => rm(folder, { recursive: true }));

/** An hour of tones and noise that come and go, repeated every five minutes. */
async function longClip(): Promise<string> {
  const seconds = 300;
  const tones = `aevalsrc='0.3*sin(2*PI*(200+150*sin(0.7*t))*t)*(0.5+0.5*sin(2*PI*3.1*t))|0.3*sin(2*PI*(300+5*t)*t)*gt(mod(t\\,7)\\,3)':s=48000:d=${seconds}[tones]`;
  const noise = `anoisesrc=c=pink:a=0.2:r=48000:d=${seconds}:s=7,volume='0.05+0.5*gt(mod(t,11),6)*abs(sin(t*2.3))':eval=frame[noise]`;
  const graph = `${tones};${noise};[tones][noise]amix=inputs=2:normalize=0`;
  const audio = await makeMedia('m4a', ['-f', 'lavfi', '-i', graph, '-c:a', 'aac', '-b:a', '160k']);
  return makeMedia('mp4', ['-stream_loop', String((MINUTES * 60) / seconds - 1), '-i', audio, '-c', 'copy']);
}

async function plainCommandMs(): Promise<number> {
  const startedAt = performance.now();
  await run(testServices().ffmpegPath, ['-v', 'error', '-y', '-i', clip, '-vn', join(folder, 'plain.mp3')]);
  return performance.now() - startedAt;
}

it(`${MINUTES} min of audio, ${ROUNDS} times, beside the plain ffmpeg command`, async () => {
  const service = await ServiceUnderTest.start({ env: { LOG_LEVEL: 'info' } });
  const user = await service.signIn();
  const plain: number[] = [];
  const whole: number[] = [];
  for (let i = 0; i < ROUNDS; i += 1) {
    plain.push(await plainCommandMs());
    const { created_at, finished_at } = await user.ended((await user.upload(clip)).id, 500);
    whole.push(Date.parse(String(finished_at)) - Date.parse(String(created_at)));
  }
  const ratios = whole.map((ms, i) => ms / (plain[i] ?? NaN));
  report(`${MINUTES} min of audio, nothing else to do, ${availableParallelism()} cores, median of ${ROUNDS}`, {
    'ffmpeg -i clip -vn out.mp3, s': median(plain) / 1000,
    "from the job's commit until it is DONE, s": median(whole) / 1000,
    ratio: median(ratios),
  });
  await service.stop();
  expect(median(ratios)).toBeLessThanOrEqual(MOST_OF_COMMAND);
});

describe('processor time', () => {
  it(`of ${PARTS} parts, beside one process`, async () => {
    const alone = await cpuOf(0);
    const parts = await cpuOf(PARTS - 1);
    const figures = { total: parts.totalMs / alone.totalMs, longest: parts.longestMs / alone.totalMs };
    report(`${MINUTES} min of audio in ${PARTS} parts, processor time`, {
      'one process, s': alone.totalMs / 1000,
      'all parts, s': parts.totalMs / 1000,
      ratio: figures.total,
      'longest part, s': parts.longestMs / 1000,
      'longest part, ratio': figures.longest,
    });
    expect(parts.parts).toBe(PARTS);
    expect(figures.total).toBeLessThanOrEqual(MOST_CPU);
    expect(figures.longest).toBeLessThanOrEqual(MOST_CPU_OF_PART);
  });
});

/** Processor time of ffmpeg and its launchers, and of the part that used most. */
async function cpuOf(spare: number): Promise<{ parts: number; totalMs: number; longestMs: number }> {
  const ffmpegPath = testServices().ffmpegPath;
  const log = { warn: (): void => undefined };
  const sandbox = await chooseSandbox({ isProduction: false, mode: 'relaxed', ffmpegPath, log });
  const byProcess = new Map<number, number>();
  const timer = setInterval(() => sampleParts(byProcess), 200);
  const before = endedChildrenMs();
  const { signal } = new AbortController();
  const spareCores = { take: () => spare, giveBack: () => undefined };
  const sut = new FfmpegTranscoder(Object.assign(new FfmpegEnv(), { FFMPEG_PATH: ffmpegPath }), sandbox);
  const outputPath = join(folder, 'output.mp3');
  const onProgress = (): void => undefined;
  const { parts } = await sut.transcode({ sourcePath: clip, outputPath, signal, spareCores, onProgress });
  clearInterval(timer);
  return { parts, totalMs: endedChildrenMs() - before, longestMs: Math.max(0, ...byProcess.values()) };
}

/** Times at the end of the last sample: up to a fifth of a second is missing. */
function sampleParts(byProcess: Map<number, number>): void {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const command = textOf(`/proc/${pid}/cmdline`);
    if (!command.includes(`file:${folder}/parts/`)) continue;
    const [user, system] = timesOf(textOf(`/proc/${pid}/stat`));
    byProcess.set(Number(pid), (user ?? 0) + (system ?? 0));
  }
}

function endedChildrenMs(): number {
  const [, , user, system] = timesOf(textOf('/proc/self/stat'));
  return (user ?? 0) + (system ?? 0);
}

/** Milliseconds: of the process in user and system mode, then of its ended children. */
function timesOf(stat: string): number[] {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields.slice(11, 15).map((ticks) => Number(ticks) * TICK_MS);
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
