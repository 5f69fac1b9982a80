import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NO_FILES, type FileAccess } from './file-access.js';
import { ENVIRONMENT, type KernelLimits, type Sandbox } from './sandbox.js';

/** Tries a sandbox with this ffmpeg. Returns null if it works, else the error message. */
export type Probe = (sandbox: Sandbox, ffmpegPath: string) => Promise<string | null>;

/** An overloaded machine needs most of a minute; a probe that times out counts as a layer that does not work. */
const PROBE_TIMEOUT_MS = 120_000;
const PROBE_LIMITS: KernelLimits = { cpuSeconds: 10, fileSizeBytes: 1_000_000 };
/** Nobody listens there; a program that can open a socket learns that. */
const PROBE_ADDRESS = 'tcp://127.0.0.1:1';
const NO_NETWORK = /Operation not permitted|Network is unreachable/;
/** Said by an ffmpeg that was built without network. */
const NO_PROTOCOL = /Protocol not found/;
const EMPTY_METADATA = ';FFMETADATA1\n';
const QUIET = ['-nostdin', '-v', 'error'];

export const starts: Probe = async (sandbox, ffmpegPath) => {
  const { exitCode, lastLine } = await runIn(sandbox, [ffmpegPath, '-hide_banner', '-version'], NO_FILES);
  return exitCode === 0 ? null : lastLine;
};

/** Checks that ffmpeg starts, is asked to connect, and fails for the right reason. */
export const failsToConnect: Probe = async (sandbox, ffmpegPath) => {
  const { said, lastLine } = await runIn(sandbox, [ffmpegPath, ...QUIET, '-i', PROBE_ADDRESS], NO_FILES);
  // ffmpeg names the address, a launcher that fails does not.
  const isContained = said.includes(PROBE_ADDRESS) && (NO_NETWORK.test(said) || NO_PROTOCOL.test(said));
  return isContained ? null : lastLine;
};

/** Checks that ffmpeg reads and writes in its folder, and nowhere else. */
export const usesOwnFilesOnly: Probe = async (sandbox, ffmpegPath) => {
  const base = await mkdtemp(join(tmpdir(), 'video-to-mp3-'));
  try {
    const folder = join(base, 'run', 'own');
    const secret = join(base, 'secret');
    const copy = async (source: string, target: string): Promise<ProbeRun> => {
      const format = ['-f', 'ffmetadata'];
      const argv = [ffmpegPath, ...QUIET, ...format, '-i', `file:${source}`, ...format, `file:${target}`];
      return runIn(sandbox, argv, { reads: [], folder });
    };
    await writeFiles(folder, secret);
    const source = join(folder, 'source');
    const own = await copy(source, join(folder, 'copy'));
    if (own.exitCode !== 0) return own.lastLine;
    const others = [await copy(secret, join(folder, 'stolen')), await copy(source, join(base, 'planted'))];
    return others.some(({ exitCode }) => exitCode === 0) ? 'other files can be used' : null;
  } finally {
    await rm(base, { recursive: true });
  }
};

async function writeFiles(folder: string, secret: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'source'), EMPTY_METADATA);
  await writeFile(secret, EMPTY_METADATA);
}

interface ProbeRun {
  readonly exitCode: number | string | null;
  /** On the standard error. */
  readonly said: string;
  /** The last line of it, or if there is none, the exit code or the timeout. */
  readonly lastLine: string;
}

function runIn(sandbox: Sandbox, argv: readonly string[], files: FileAccess): Promise<ProbeRun> {
  const { command, args } = sandbox.wrap(argv, PROBE_LIMITS, files);
  return run(command, args);
}

export function run(command: string, args: readonly string[]): Promise<ProbeRun> {
  return new Promise((resolve) => {
    execFile(command, [...args], { env: ENVIRONMENT, timeout: PROBE_TIMEOUT_MS }, (error, _stdout, stderr) => {
      const exitCode = error === null ? 0 : (error.code ?? null);
      const end = error?.killed ? `no answer within ${PROBE_TIMEOUT_MS / 1000} s` : `exit code ${String(exitCode)}`;
      const lastLine = stderr.trim().split('\n').at(-1) || end;
      resolve({ exitCode, said: stderr, lastLine });
    });
  });
}
