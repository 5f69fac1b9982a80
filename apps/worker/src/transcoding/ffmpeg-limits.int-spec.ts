import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { ffmpeg, makeClip, testFfmpegPath, waitFor } from '@app/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chooseSandbox } from '../sandbox/choose-sandbox.js';
import { FfmpegTranscoder } from './ffmpeg-transcoder.js';
import { runFfmpeg, type FfmpegRun } from '../ffmpeg/ffmpeg-process.js';
import { FfmpegEnv } from '../ffmpeg/ffmpeg.env.js';
import { NO_FILES } from '../sandbox/file-access.js';
import { launcher, type Sandbox } from '../sandbox/sandbox.js';

const LOWEST_PRIORITY = 19;

let folder: string;
let output: string;
let source: string;
let sandbox: Sandbox;
/** Has the limits of every sandbox, but all programs. */
const shellSandbox = launcher({
  layers: [],
  isolate: ['unshare', '-r', '-n'],
  setpriv: ['setpriv', '--inh-caps=-all', '--bounding-set=-all'],
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ffmpeg-limits-'));
  output = join(folder, 'output.mp3');
  // Half an hour of audio: seconds of work, if nothing ends it.
  source = join(folder, 'source.mkv');
  await ffmpeg(['-stream_loop', '599', '-i', await makeClip({ video: false }), '-c', 'copy', '-y', source]);
  const log = { warn: (): void => undefined };
  sandbox = await chooseSandbox({ isProduction: false, mode: 'relaxed', ffmpegPath: testFfmpegPath(), log });
});

afterAll(() => rm(folder, { recursive: true }));

function transcode(settings: Partial<FfmpegEnv> = {}, signal = new AbortController().signal): Promise<unknown> {
  const env = Object.assign(new FfmpegEnv(), { FFMPEG_PATH: testFfmpegPath() }, settings);
  const sut = new FfmpegTranscoder(env, sandbox);
  return sut.transcode({ sourcePath: source, outputPath: output, signal, onProgress: () => undefined });
}

/** The processes whose command line names this test's folder. */
async function ownProcesses(): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const commands = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return pids.filter((_, index) => commands[index]?.includes(`file:${folder}/`)).map(Number);
}

const isEncoding = async (): Promise<boolean> =>
  stat(output).then(
    ({ size }) => size > 0,
    () => false,
  );

describe('a run', () => {
  it('that is aborted is gone when the answer comes', async () => {
    await rm(output, { force: true });
    const controller = new AbortController();
    const transcoding = transcode({}, controller.signal);
    const reason = new Error('canceled by its owner');
    const rejected = expect(transcoding).rejects.toBe(reason);
    await waitFor(isEncoding);
    expect(await ownProcesses()).toHaveLength(1);
    controller.abort(reason);
    await rejected;
    expect(await ownProcesses()).toEqual([]);
  });

  it('that was aborted before it began never begins', async () => {
    await expect(transcode({}, AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late');
  });

  it('that makes no progress is ended', async () => {
    await rm(output, { force: true });
    const transcoding = transcode({ FFMPEG_STALL_SECONDS: 2 });
    const rejected = expect(transcoding).rejects.toMatchObject({ code: 'timed_out', cause: { message: 'stall' } });
    // On an overloaded machine, it can also stall before it has encoded anything.
    await Promise.race([waitFor(isEncoding), rejected]);
    for (const pid of await ownProcesses()) process.kill(pid, 'SIGSTOP');
    await rejected;
    expect(await ownProcesses()).toEqual([]);
  });

  it('that lasts too long is ended', async () => {
    const transcoding = transcode({ FFMPEG_TIMEOUT_SECONDS: 1 });
    await expect(transcoding).rejects.toMatchObject({
      code: 'timed_out',
      retryable: true,
      cause: { message: 'timeout' },
    });
    expect(await ownProcesses()).toEqual([]);
  });

  it('that needs too much processor time is ended by the kernel', async () => {
    await expect(transcode({ FFMPEG_CPU_SECONDS: 1 })).rejects.toMatchObject({
      code: 'resource_limit',
      retryable: true,
    });
  });

  it('that cannot be started is no fault of the file', async () => {
    await expect(transcode({ FFMPEG_PATH: join(folder, 'no-ffmpeg') })).rejects.toMatchObject({
      code: 'ffmpeg_failed',
    });
  });
});

function runShell(script: string, overrides: Partial<FfmpegRun> = {}): ReturnType<typeof runFfmpeg> {
  return runFfmpeg(shellSandbox, {
    argv: ['sh', '-c', script],
    limits: { cpuSeconds: 20, fileSizeBytes: 10_000 },
    files: NO_FILES,
    timeoutMs: 60_000,
    stallMs: 60_000,
    signal: new AbortController().signal,
    onLog: () => undefined,
    onProgress: () => true,
    ...overrides,
  });
}

describe('the sandbox', () => {
  it('shows its process nothing of the environment', async () => {
    let environment = '';
    await runShell('env', { onProgress: (text) => ((environment += text), true) });
    const names = environment.split('\n').map((line) => line.split('=')[0]);
    expect(names.filter((name) => !['PATH', 'PWD', '_', 'SHLVL', 'OLDPWD', ''].includes(name ?? ''))).toEqual([]);
  });

  it('bounds files, open files, memory and core dumps, and takes every privilege away', async () => {
    let status = '';
    const script = 'cat /proc/self/limits /proc/self/status; nice';
    await runShell(script, { onProgress: (text) => ((status += text), true) });
    expect(status).toMatch(/Max file size +10000 +10000/);
    expect(status).toMatch(/Max open files +64 +64/);
    expect(status).toMatch(/Max address space +2000000000 +2000000000/);
    expect(status).toMatch(/Max data size +1000000000 +1000000000/);
    expect(status).toMatch(/Max core file size +0 +0/);
    expect(status).toMatch(/Max cpu time +20 +20/);
    expect(status).toMatch(/NoNewPrivs:\t1/);
    expect(status).toMatch(/CapEff:\t0000000000000000/);
    // ffmpeg adds 10 to the niceness of the tests themselves.
    const niceness = Math.min(getPriority() + 10, LOWEST_PRIORITY);
    expect(status).toMatch(new RegExp(`\\n${niceness}\\n$`));
  });

  it('ends a process that writes too much', async () => {
    const exit = await runShell(`exec dd if=/dev/zero of=${join(folder, 'large')} bs=20000 count=1`);
    expect(exit.signal).toBe('SIGXFSZ');
  });

  it('leaves no process behind a parent that was killed', async () => {
    const { command, args, env } = shellSandbox.wrap(['sleep', '3599'], { cpuSeconds: 10, fileSizeBytes: 0 }, NO_FILES);
    const script = join(folder, 'parent.mjs');
    const child = `spawn(${JSON.stringify(command)}, ${JSON.stringify(args)}, { env: ${JSON.stringify(env)}, detached: true })`;
    await writeFile(
      script,
      `import { spawn } from 'node:child_process';\nconsole.log(${child}.pid);\nsetInterval(() => {}, 1e6);\n`,
    );
    const parent = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const pid = Number(await new Promise<Buffer>((resolve) => parent.stdout.once('data', resolve)));
    await waitFor(async () => (await commandOf(pid)).startsWith('sleep'));
    parent.kill('SIGKILL');
    await waitFor(async () => (await commandOf(pid)) === '');
  });

  /** Empty for a process that is gone or a zombie. */
  async function commandOf(pid: number): Promise<string> {
    return readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  }
});
