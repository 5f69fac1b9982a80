import type { FileAccess } from './file-access.js';

/** Limits that the kernel enforces. */
export interface KernelLimits {
  readonly cpuSeconds: number;
  readonly fileSizeBytes: number;
  /** The memory that the process can use; `DATA_BYTES` by default. */
  readonly dataBytes?: number;
  /** Runs behind other processes of this kind. */
  readonly isLowPriority?: boolean;
}

export interface SandboxedCommand {
  readonly command: string;
  readonly args: readonly string[];
  /** The complete environment of the command, which inherits no variables. */
  readonly env: Readonly<Record<string, string>>;
}

/** A layer of isolation around ffmpeg. Each works independently, so that a hole in one is not enough to escape. */
export type SandboxLayer = 'network-namespace' | 'mount-namespace' | 'seccomp' | 'landlock';

/** Runs every ffmpeg process with reduced privileges and limited resources. Chosen once, at startup. */
export abstract class Sandbox {
  /** From the outermost to the innermost. */
  abstract readonly layers: readonly SandboxLayer[];
  /** @param files the files that stay accessible, besides the program and its libraries */
  abstract wrap(argv: readonly string[], limits: KernelLimits, files: FileAccess): SandboxedCommand;
}

export interface LauncherOptions {
  readonly layers: readonly SandboxLayer[];
  /** The setpriv program and the options that drop capabilities. */
  readonly setpriv: readonly string[];
  /** The command that creates the namespaces. It runs before all others. */
  readonly isolate?: readonly string[];
  /** Returns the commands that mount the files of the run, before the limits are set, and that enter the new root afterwards. */
  readonly mounts?: (files: FileAccess) => { mount: readonly string[]; enter: readonly string[] };
  /** Returns further setpriv options, such as the seccomp filter and Landlock rules. */
  readonly restrict?: (files: FileAccess) => readonly string[];
  /** Returns the files that setpriv reads because of these options. */
  readonly needs?: () => readonly string[];
}

/** Address space includes memory that is only reserved. `DATA_BYTES` limits the memory that a process can use. */
const ADDRESS_SPACE_BYTES = 2_000_000_000;
/** Six hours of video and audio need 160 MB. Fragments need 110 MB for each hour if each holds one frame. */
export const DATA_BYTES = 1_000_000_000;
const OPEN_FILES = 64;
const NICENESS = '10';
/** Half as much processor time as others get, not less: on a busy machine such a process must end too. */
const LOW_PRIORITY_NICENESS = '13';

/** No language: with one, each launcher would read twelve locale files, a fifth of the processor time of its start. */
export const ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
};

const NO_MOUNTS = { mount: [], enter: [] };

export function launcher(options: LauncherOptions): Sandbox {
  const { layers, setpriv, isolate = [], mounts = () => NO_MOUNTS, restrict = () => [] } = options;
  const [program = '', ...drop] = setpriv;
  return {
    layers,
    wrap(argv, { cpuSeconds, fileSizeBytes, dataBytes = DATA_BYTES, isLowPriority = false }, files) {
      const niceness = isLowPriority ? LOW_PRIORITY_NICENESS : NICENESS;
      const { mount, enter } = mounts(files);
      const [command = '', ...args] = [
        isolate,
        mount,
        ['prlimit', `--cpu=${cpuSeconds}`, `--as=${ADDRESS_SPACE_BYTES}`, `--data=${dataBytes}`],
        [`--fsize=${fileSizeBytes}`, `--nofile=${OPEN_FILES}`, '--core=0', 'nice', '-n', niceness],
        enter,
        // setpriv comes last, because the other commands need the privileges that it drops, and after unshare, because
        // entering a user namespace can clear the signal that kills ffmpeg when the worker dies.
        [program, '--nnp', '--pdeathsig', 'KILL', ...drop, ...restrict(files)],
        argv,
      ].flat();
      return { command, args, env: ENVIRONMENT };
    },
  };
}
