import type { FileAccess } from './landlock.js';

/** Limits that the kernel keeps. */
export interface KernelLimits {
  readonly cpuSeconds: number;
  readonly fileSizeBytes: number;
}

export interface SandboxedCommand {
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment of the command: nothing of the parent's. */
  readonly env: Readonly<Record<string, string>>;
}

/** What keeps ffmpeg off the network, and where Landlock is named, off all files but its own. */
export type SandboxWay = 'namespaces' | 'seccomp+landlock' | 'seccomp' | 'none';

/** Starts every ffmpeg process with its privileges and resources taken away. Chosen once, at boot. */
export abstract class Sandbox {
  abstract readonly way: SandboxWay;
  /** @param files what a sandbox that limits access to files leaves open, beside the program and its libraries */
  abstract wrap(argv: readonly string[], limits: KernelLimits, files: FileAccess): SandboxedCommand;
}

export interface LauncherOptions {
  readonly way: SandboxWay;
  /** The setpriv program, and how it takes capabilities away. */
  readonly setpriv: readonly string[];
  /** A command before all others. */
  readonly isolate?: readonly string[];
  /** More options of setpriv. */
  readonly restrict?: (files: FileAccess) => readonly string[];
}

const ADDRESS_SPACE_BYTES = 2_000_000_000;
const OPEN_FILES = 64;
const NICENESS = '10';

export const ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LANG: 'C.UTF-8',
};

export function launcher({ way, setpriv, isolate = [], restrict = () => [] }: LauncherOptions): Sandbox {
  const [program = '', ...drop] = setpriv;
  return {
    way,
    wrap(argv, { cpuSeconds, fileSizeBytes }, files) {
      const [command = '', ...args] = [
        isolate,
        ['prlimit', `--cpu=${cpuSeconds}`, `--as=${ADDRESS_SPACE_BYTES}`, `--fsize=${fileSizeBytes}`],
        [`--nofile=${OPEN_FILES}`, '--core=0', 'nice', '-n', NICENESS],
        // Last: what it takes away, the others need. And after unshare: entering a user namespace may clear the signal
        // that ties ffmpeg to this process's life.
        [program, '--nnp', '--pdeathsig', 'KILL', ...drop, ...restrict(files)],
        argv,
      ].flat();
      return { command, args, env: ENVIRONMENT };
    },
  };
}
