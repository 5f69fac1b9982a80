import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const MAX_OUTPUT_BYTES = 1 << 30;

/** Returns the ffmpeg that makes test media and that the code under test runs. */
export function testFfmpegPath(): string {
  // oxlint-disable-next-line node/no-process-env -- the test runner passes its services in variables
  return process.env.TEST_FFMPEG_PATH ?? 'ffmpeg';
}

/** Returns true if this is the newer ffmpeg that was unpacked outside the system and is started by a script. */
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
