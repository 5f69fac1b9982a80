import { spawn, type ChildProcess } from 'node:child_process';
import { withoutInheritedDescriptors } from './inherited-descriptors.js';
import type { FileAccess } from '../sandbox/file-access.js';
import type { KernelLimits, Sandbox } from '../sandbox/sandbox.js';

/** They were there when this process was started: later ones are Node's own. */
const NO_INHERITED_DESCRIPTORS = withoutInheritedDescriptors();

export interface FfmpegRun {
  readonly argv: readonly string[];
  readonly limits: KernelLimits;
  /** The files that the run needs. */
  readonly files: FileAccess;
  readonly timeoutMs: number;
  /** The longest time without `onProgress` returning true. */
  readonly stallMs: number;
  readonly signal: AbortSignal;
  onLog(text: string): void;
  /** Returns true if the text shows progress. */
  onProgress(text: string): boolean;
}

export interface FfmpegExit {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Set when a limit kept here ended the run. */
  readonly stoppedBy: 'timeout' | 'stall' | null;
}

/** Runs one contained process to its end. Rejects with `signal.reason` on abort; never leaves the process behind. */
export async function runFfmpeg(sandbox: Sandbox, run: FfmpegRun): Promise<FfmpegExit> {
  run.signal.throwIfAborted();
  const { command, args, env } = sandbox.wrap(run.argv, run.limits, run.files);
  const child = spawn(command, [...args], {
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', ...NO_INHERITED_DESCRIPTORS],
  });
  let stoppedBy: FfmpegExit['stoppedBy'] = null;
  const stop = (reason: FfmpegExit['stoppedBy']): void => {
    stoppedBy ??= reason;
    killGroup(child);
  };
  const abort = (): void => stop(null);
  const timeout = setTimeout(stop, run.timeoutMs, 'timeout');
  const stall = setTimeout(stop, run.stallMs, 'stall');
  run.signal.addEventListener('abort', abort);
  child.stderr?.setEncoding('utf8').on('data', (text: string) => run.onLog(text));
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    if (run.onProgress(text)) stall.refresh();
  });
  try {
    const exit = await ended(child);
    run.signal.throwIfAborted();
    return { ...exit, stoppedBy };
  } finally {
    clearTimeout(timeout);
    clearTimeout(stall);
    run.signal.removeEventListener('abort', abort);
  }
}

function ended(child: ChildProcess): Promise<Pick<FfmpegExit, 'exitCode' | 'signal'>> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode, signal) => resolve({ exitCode, signal }));
  });
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
