import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { isUnpackedFfmpeg, mediaFolder } from '@app/testing';

export const run = promisify(execFile);

export async function isSuccess(command: string, args: readonly string[]): Promise<boolean> {
  return run(command, [...args]).then(
    () => true,
    () => false,
  );
}

/**
 * Runs a test file again, where user namespaces are refused; rejects with its output where a test fails. On the newer ffmpeg, of all that the filter
 * does only what depends on ffmpeg.
 */
export async function runWithoutNamespaces(file: string): Promise<string> {
  const reporter = ['--project', 'int', '--reporter=verbose', '--retry=0'];
  const selection = isUnpackedFfmpeg() ? ['--testNamePattern', 'by a system call filter (a video|not even)'] : [];
  const vitest = [process.execPath, 'node_modules/vitest/vitest.mjs', 'run', ...reporter, ...selection];
  const refuse = 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"';
  const { stdout } = await run('unshare', ['-r', 'sh', '-c', refuse, 'sh', ...vitest, file], {
    env: {
      ...process.env,
      TEST_NAMESPACES_REFUSED: '1',
      // There, everybody is root: the clips of the real one may not be theirs to write.
      TEST_MEDIA_DIRECTORY: mediaFolder(),
      NO_COLOR: '1',
    },
  });
  return stdout;
}
