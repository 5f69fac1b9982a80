import { readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { ffmpeg, testFfmpegPath, waitFor } from '@app/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { makeLongAudio } from '../../test/long-audio.js';
import { TestCores } from '../../test/test-cores.js';
import { FfmpegEnv } from '../ffmpeg/ffmpeg.env.js';
import { launcher } from '../sandbox/sandbox.js';
import { FfmpegTranscoder } from './ffmpeg-transcoder.js';
import type { TranscodeProgress, TranscodeRequest, TranscodeResult } from './transcoder.js';

const PARTS = 2;
const RULES = { minDurationMs: 10_000, minPartSamples: 0, maxParts: 8 };
/** The process of the second part, whose output is in a folder of this name. */
const SECOND = '/parts/2/';
const WARNING = 'Encoding in parts failed; one process encodes all of it';

let folder: string;
let job: string;
let source: string;
let expected: string;
let cores: TestCores;
const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
/** Has the limits of every sandbox, but all programs. */
const sandbox = launcher({
  layers: [],
  isolate: ['unshare', '-r', '-n'],
  setpriv: ['setpriv', '--inh-caps=-all', '--bounding-set=-all'],
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parts-fallback-'));
  job = await mkdtemp(join(folder, 'job-'));
  source = join(job, 'source');
  await ffmpeg(['-i', await makeLongAudio(), '-c:a', 'aac', '-f', 'mp4', '-y', source]);
  await transcode(testFfmpegPath(), { spareCores: undefined });
  expected = await pcm();
});
afterEach(() => warn.mockClear());
afterAll(async () => {
  warn.mockRestore();
  await rm(folder, { recursive: true });
});

function transcode(
  program: string,
  request: Partial<TranscodeRequest> = {},
  settings: Partial<FfmpegEnv> = {},
): Promise<TranscodeResult> {
  cores = new TestCores(PARTS - 1);
  const env = Object.assign(new FfmpegEnv(), { FFMPEG_PATH: program }, settings);
  return new FfmpegTranscoder(env, sandbox, RULES).transcode({
    sourcePath: source,
    outputPath: join(job, 'output.mp3'),
    signal: new AbortController().signal,
    onProgress: () => undefined,
    spareCores: cores,
    ...request,
  });
}

const pcm = async (): Promise<string> => String(await ffmpeg(['-i', join(job, 'output.mp3'), '-f', 'md5', 'pipe:1']));

/** The real ffmpeg, but the process whose output path contains the word runs other commands of a shell. */
async function changed(word: string, commands: string): Promise<string> {
  const path = join(folder, 'changed-ffmpeg');
  const real = `'${testFfmpegPath()}'`;
  await writeFile(
    path,
    `#!/bin/bash\nreal=${real}\nfor last; do :; done\ncase "$last" in *${word}*) ${commands} ;; esac\nexec $real "$@"\n`,
  );
  await chmod(path, 0o755);
  return path;
}

interface Running {
  readonly pid: number;
  readonly command: string;
}

/** The ffmpeg processes of parts, without the launchers that become them. */
function runningParts(): Running[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => {
    const command = textOf(`/proc/${pid}/cmdline`);
    return command.startsWith(testFfmpegPath()) && command.includes(`file:${job}/parts/`)
      ? [{ pid: Number(pid), command }]
      : [];
  });
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

const allRun = (): Promise<unknown> => waitFor(() => runningParts().length === PARTS, { what: 'all parts to run' });

describe('one process encodes everything if a part', () => {
  it.each<[string, string, string | RegExp]>([
    ['fails at once', 'exit 1', /part 2: ended by exit code 1/],
    ['is killed', 'kill -KILL $$', /part 2: ended by SIGKILL/],
    ['fails at its end', '$real "$@"; exit 1', /part 2: ended by exit code 1/],
    ['writes nothing and says nothing', 'exit 0', /part 2: another track/],
    ['ends early', 'exec $real "${@:1:$#-1}" -t 8 "$last"', /\d+ samples decoded, \d+ stated by the container/],
    [
      'has other audio',
      'exec $real "${@/asetpts=/volume=0.9,asetpts=}"',
      /lacks a part of its audio|parts differ around/,
    ],
    ['is a sample late', 'exec $real "${@/asetpts=/adelay=1S:all=1,asetpts=}"', /lacks a part|differ|samples instead/],
    ['has another bit rate', 'exec $real "${@:1:$#-1}" -b:a 96k "$last"', 'two frames are of different kinds'],
    ['has another rate', 'exec $real "${@:1:$#-1}" -ar 44100 "$last"', 'part 2: another format'],
    [
      'loses the end of its file',
      '$real "$@"; truncate -s -50000 "${last#file:}"; exit',
      /a part ends|no frame at byte/,
    ],
    ['loses its file', '$real "$@"; rm "${last#file:}"; exit', /ENOENT/],
  ])('%s', async (_case, commands, reason) => {
    const result = await transcode(await changed(SECOND, commands));
    expect(result).toMatchObject({ parts: 1, encoding: 'encoded' });
    expect(await pcm()).toBe(expected);
    expect(warn).toHaveBeenCalledTimes(1);
    const message = expect.stringMatching(reason) as string;
    expect(warn).toHaveBeenCalledWith({
      msg: WARNING,
      err: expect.objectContaining({ message }) as Error,
      fallbacks: 1,
    });
    expect(await readdir(job)).toEqual(['output.mp3', 'source']);
    expect(cores.spare).toBe(PARTS - 1);
    expect(runningParts()).toEqual([]);
  });

  it('makes no progress', async () => {
    const program = await changed('/parts/', 'exec $real -re "$@"');
    const transcoding = transcode(program, {}, { FFMPEG_STALL_SECONDS: 15, FFMPEG_TIMEOUT_SECONDS: 180 });
    await allRun();
    for (const { pid } of runningParts()) process.kill(pid, 'SIGSTOP');
    expect(await transcoding).toMatchObject({ parts: 1 });
    expect(runningParts()).toEqual([]);
    expect(await pcm()).toBe(expected);
  });
});

describe('parts', () => {
  it('are all gone when a canceled job says so, and their files too', async () => {
    const controller = new AbortController();
    let percent = 0;
    const onProgress = (progress: TranscodeProgress): void => void (percent = progress.percent);
    const program = await changed('/parts/', 'exec $real -re "$@"');
    const transcoding = transcode(program, { signal: controller.signal, onProgress });
    const reason = new Error('canceled by its owner');
    const rejected = expect(transcoding).rejects.toBe(reason);
    await allRun();
    controller.abort(reason);
    await rejected;
    // Killed, not awaited: they would have gone on to the end.
    expect(percent).toBeLessThan(90);
    expect(runningParts()).toEqual([]);
    expect(await readdir(job)).not.toContain('parts');
    expect(cores.spare).toBe(PARTS - 1);
    expect(warn).not.toHaveBeenCalled();
  });

  it('have the limits of one process together, folders of their own, and a lower priority from the second one on', async () => {
    const controller = new AbortController();
    const settings = { FFMPEG_CPU_SECONDS: 900 };
    const program = await changed('/parts/', 'exec $real -re "$@"');
    const transcoding = transcode(program, { signal: controller.signal }, settings);
    const rejected = expect(transcoding).rejects.toThrow('enough');
    await allRun();
    const outputOf = ({ command }: Running): string => /file:\S*?(\/parts\/\d+\/part\.mp3)/.exec(command)?.[1] ?? '';
    const parts = runningParts().toSorted((a, b) => outputOf(a).localeCompare(outputOf(b)));
    const limits = parts.map(({ pid }) => textOf(`/proc/${pid}/limits`));
    for (const text of limits) {
      expect(text).toMatch(/Max cpu time +450 +450/);
      expect(text).toMatch(/Max data size +500000000 +500000000/);
    }
    const nice = parts.map(({ pid }) => Number(textOf(`/proc/${pid}/stat`).split(') ')[1]?.split(' ')[16]));
    expect(nice[1]).toBeGreaterThan(nice[0] ?? NaN);
    const fileBytes = limits.map((text) => Number(/Max file size +(\d+)/.exec(text)?.[1]));
    expect(Math.max(...fileBytes.slice(0, -1))).toBeLessThan(10_000_000);
    expect(parts.map(outputOf)).toEqual(['/parts/1/part.mp3', '/parts/2/part.mp3']);
    controller.abort(new Error('enough'));
    await rejected;
  });

  it('are not made of audio that is short, or without spare cores', async () => {
    const program = await changed('/parts/', 'exit 1');
    expect(await transcode(program, { spareCores: new TestCores(0) })).toMatchObject({ parts: 1 });
    const rules = { ...RULES, minDurationMs: 60_000 };
    const env = Object.assign(new FfmpegEnv(), { FFMPEG_PATH: program });
    const request = { sourcePath: source, outputPath: join(job, 'output.mp3'), spareCores: new TestCores(7) };
    const { signal } = new AbortController();
    const sut = new FfmpegTranscoder(env, sandbox, rules);
    expect(await sut.transcode({ ...request, signal, onProgress: () => undefined })).toMatchObject({ parts: 1 });
    expect(warn).not.toHaveBeenCalled();
  });

  it('leave all cores to others if they are not worth it', async () => {
    const rules = { ...RULES, minPartSamples: 1e12 };
    const env = Object.assign(new FfmpegEnv(), { FFMPEG_PATH: testFfmpegPath() });
    const spareCores = new TestCores(7);
    const request = {
      sourcePath: source,
      outputPath: join(job, 'output.mp3'),
      onProgress: () => undefined,
      spareCores,
    };
    const { signal } = new AbortController();
    const result = await new FfmpegTranscoder(env, sandbox, rules).transcode({ ...request, signal });
    expect(result).toMatchObject({ parts: 1 });
    expect(spareCores.spare).toBe(7);
  });

  it('report progress as one, which never falls', async () => {
    const percents: number[] = [];
    const program = await changed('/parts/', 'exec $real -readrate 4 "$@"');
    const result = await transcode(program, { onProgress: ({ percent }) => percents.push(percent) });
    expect(result).toMatchObject({ parts: PARTS });
    expect(percents).toEqual(percents.toSorted((a, b) => a - b));
    expect(percents.at(-1)).toBeGreaterThanOrEqual(95);
    expect(await pcm()).toBe(expected);
  });
});
