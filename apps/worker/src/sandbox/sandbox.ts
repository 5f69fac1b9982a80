import type { FileAccess } from './file-access.js';

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

/** A layer that contains ffmpeg. Each works by itself, so that a hole in one is not enough to escape. */
export type SandboxLayer = 'network-namespace' | 'mount-namespace' | 'seccomp' | 'landlock';

/** Starts every ffmpeg process with its privileges and resources taken away. Chosen once, at boot. */
export abstract class Sandbox {
  /** From the outside in. */
  abstract readonly layers: readonly SandboxLayer[];
  /** @param files the files that stay accessible, besides the program and its libraries */
  abstract wrap(argv: readonly string[], limits: KernelLimits, files: FileAccess): SandboxedCommand;
}

export interface LauncherOptions {
  readonly layers: readonly SandboxLayer[];
  /** The setpriv program and its options that drop capabilities. */
  readonly setpriv: readonly string[];
  /** A command before all others. */
  readonly isolate?: readonly string[];
  /** Commands before and after the one that sets the limits: they mount the files of the run, and enter the new root. */
  readonly mounts?: (files: FileAccess) => { mount: readonly string[]; enter: readonly string[] };
  /** More options of setpriv. */
  readonly restrict?: (files: FileAccess) => readonly string[];
  /** The files that these options name. */
  readonly needs?: () => readonly string[];
}

/** Address space includes memory that is only reserved. `DATA_BYTES` limits the memory that a process can use. */
const ADDRESS_SPACE_BYTES = 2_000_000_000;
/** Six hours of video and audio take 160 MB, their fragments 110 MB for each hour of one-frame fragments. */
const DATA_BYTES = 1_000_000_000;
const OPEN_FILES = 64;
const NICENESS = '10';

export const ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LANG: 'C.UTF-8',
};

const NO_MOUNTS = { mount: [], enter: [] };

export function launcher(options: LauncherOptions): Sandbox {
  const { layers, setpriv, isolate = [], mounts = () => NO_MOUNTS, restrict = () => [] } = options;
  const [program = '', ...drop] = setpriv;
  return {
    layers,
    wrap(argv, { cpuSeconds, fileSizeBytes }, files) {
      const { mount, enter } = mounts(files);
      const [command = '', ...args] = [
        isolate,
        mount,
        ['prlimit', `--cpu=${cpuSeconds}`, `--as=${ADDRESS_SPACE_BYTES}`, `--data=${DATA_BYTES}`],
        [`--fsize=${fileSizeBytes}`, `--nofile=${OPEN_FILES}`, '--core=0', 'nice', '-n', NICENESS],
        enter,
        // Last, because the others need the rights that it drops. After unshare, because entering a user namespace can
        // clear the signal that ends ffmpeg together with this process.
        [program, '--nnp', '--pdeathsig', 'KILL', ...drop, ...restrict(files)],
        argv,
      ].flat();
      return { command, args, env: ENVIRONMENT };
    },
  };
}
