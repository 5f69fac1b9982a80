import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const MAX_OUTPUT_BYTES = 1 << 30;

/** Returns the ffmpeg that makes test media. */
export function testFfmpegPath(): string {
  // oxlint-disable-next-line node/no-process-env -- the test runner passes its services in variables
  return process.env.TEST_FFMPEG_PATH ?? 'ffmpeg';
}

/** Returns the ffmpeg that the code under test runs: a program, or the folder of the lean ones. */
export function converterPath(): string {
  // oxlint-disable-next-line node/no-process-env -- the test runner passes its services in variables
  return process.env.TEST_CONVERTER_PATH ?? testFfmpegPath();
}

/** Returns the folder of the lean ffmpeg; null if there is none. */
export function leanFfmpegFolder(): string | null {
  // oxlint-disable-next-line node/no-process-env -- the test runner passes its services in variables
  return process.env.TEST_LEAN_FFMPEG_PATH ?? null;
}

/** Returns true if the code under test runs the lean ffmpeg, which has no network at all. */
export function isLeanConverter(): boolean {
  return converterPath() === leanFfmpegFolder();
}

/** Returns true if the media are made by the newer ffmpeg that was unpacked outside the system and is started by a script. */
export function isUnpackedFfmpeg(): boolean {
  // oxlint-disable-next-line node/no-process-env -- the test runner passes its services in variables
  return testFfmpegPath() === process.env.TEST_FFMPEG_7_PATH;
}

/** Returns a setpriv that can load system call filters; null if the test runner found none. */
export function testSetprivPath(): string | null {
  // oxlint-disable-next-line node/no-process-env -- the test runner passes its services in variables
  return process.env.TEST_SETPRIV_PATH ?? null;
}

/** Returns the first two parts of the version of that ffmpeg, such as `5.1`. */
export async function testFfmpegVersion(): Promise<string> {
  const { stdout } = await run(testFfmpegPath(), ['-version']);
  return /^ffmpeg version n?(\d+\.\d+)/.exec(stdout)?.[1] ?? 'unknown';
}

/** Runs ffmpeg without a sandbox, only for media of the tests. Returns its standard output. */
export async function ffmpeg(args: readonly string[]): Promise<Buffer> {
  const { stdout } = await run(testFfmpegPath(), ['-nostdin', '-v', 'error', ...args], {
    encoding: 'buffer',
    maxBuffer: MAX_OUTPUT_BYTES,
  });
  return stdout;
}
