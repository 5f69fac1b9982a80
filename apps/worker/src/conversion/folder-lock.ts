import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { close, open } from 'node:fs';
import { promisify } from 'node:util';

/** `flock --conflict-exit-code`: any other code means that the folder cannot be locked here at all. */
const CONFLICT = 7;

export type LockState = 'taken' | 'held_by_other' | 'unsupported';

/**
 * An exclusive lock on a folder: held by the kernel for as long as this process lives, and visible to every process on
 * the machine, whatever its container. https://man7.org/linux/man-pages/man2/flock.2.html
 */
export class FolderLock {
  private constructor(
    readonly state: LockState,
    private readonly fd: number,
  ) {}

  static async try(folder: string): Promise<FolderLock> {
    // A plain descriptor: Node closes a FileHandle, and with it the lock, when it is garbage collected.
    const fd = await promisify(open)(folder, 'r');
    return new FolderLock(await flock(fd), fd);
  }

  async release(): Promise<void> {
    await promisify(close)(this.fd);
  }
}

/** Node has no call for this. The lock belongs to the opened folder, so it outlives the program that takes it. Never rejects. */
async function flock(fd: number): Promise<LockState> {
  const args = ['--exclusive', '--nonblock', `--conflict-exit-code=${CONFLICT}`, '3'];
  const child = spawn('flock', args, { stdio: ['ignore', 'ignore', 'ignore', fd] });
  const code = await once(child, 'exit').then(
    ([exitCode]: unknown[]) => exitCode,
    () => null,
  );
  if (code === 0) return 'taken';
  return code === CONFLICT ? 'held_by_other' : 'unsupported';
}
