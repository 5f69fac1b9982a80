import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { DomainError } from '@app/domain';
import { programFiles, programPath, type FileAccess, type ProgramFiles } from './file-access.js';
import { LANDLOCK_LEVELS, landlockOptions, type LandlockLevel } from './landlock.js';
import { MountNamespace } from './mount-namespace.js';
import { PrivateFolder } from './private-folder.js';
import { ENVIRONMENT, launcher, type LauncherOptions, type Sandbox } from './sandbox.js';
import { failsToConnect, run, starts, usesOwnFilesOnly } from './sandbox-probes.js';
import { systemCallFilter } from './seccomp-filter.js';

export interface SandboxChoice {
  readonly isProduction: boolean;
  readonly mode: 'strict' | 'relaxed';
  readonly ffmpegPath: string;
  readonly log: { warn(message: string): void };
  /** The setpriv program; the system's own by default. */
  readonly setprivPath?: string;
}

const DROP_ALL = ['--inh-caps=-all', '--bounding-set=-all'];
const DROP_INHERITED = ['--inh-caps=-all'];
const FILTER_NAME = 'system-calls.bpf';

/** Takes all layers that work here with this ffmpeg; in strict production there must be no network. */
export async function chooseSandbox(choice: SandboxChoice): Promise<Sandbox> {
  const { isProduction, mode, ffmpegPath, log } = choice;
  const setprivPath = choice.setprivPath ?? 'setpriv';
  const setpriv = await droppingCapabilities(setprivPath);
  const uncontained: LauncherOptions = { layers: [], setpriv };
  const namespaces: LauncherOptions = {
    layers: ['network-namespace'],
    isolate: ['unshare', '-r', '-n'],
    // A user namespace gives the right to drop capabilities; without one only a privileged user has it.
    setpriv: [setprivPath, ...DROP_ALL],
  };
  const noNamespaces = await failsToConnect(launcher(namespaces), ffmpegPath);
  const filtered = await withFilter(noNamespaces === null ? namespaces : uncontained, ffmpegPath);
  if (typeof filtered !== 'string') return launcher(await withFileLayer(filtered, setprivPath, ffmpegPath));
  if (noNamespaces === null) return launcher(await withFileLayer(namespaces, setprivPath, ffmpegPath));
  const failure = await starts(launcher(uncontained), ffmpegPath);
  if (failure !== null)
    throw new DomainError('configuration_invalid', {
      message: `FFMPEG_PATH: "${ffmpegPath}" cannot be run (${failure})`,
    });
  const reasons = `"unshare -rn" fails (${noNamespaces}), and so does "setpriv --seccomp-filter" (${filtered})`;
  if (isProduction && mode === 'strict') {
    throw new DomainError('configuration_invalid', {
      message: `ffmpeg cannot be cut off from the network here: ${reasons}. Allow user namespaces, install util-linux 2.40 or newer, or set SANDBOX=relaxed to run without this protection.`,
    });
  }
  log.warn(`ffmpeg runs WITHOUT network isolation: ${reasons}`);
  return launcher(uncontained);
}

async function droppingCapabilities(setprivPath: string): Promise<readonly string[]> {
  const all = [setprivPath, ...DROP_ALL];
  const { exitCode } = await run(setprivPath, [...DROP_ALL, 'true']);
  return exitCode === 0 ? all : [setprivPath, ...DROP_INHERITED];
}

/** A launcher that adds the system call filter to another one; or why there is none. */
async function withFilter(base: LauncherOptions, ffmpegPath: string): Promise<LauncherOptions | string> {
  const filter = systemCallFilter(process.arch);
  if (filter === null) return `no filter is known for ${process.arch}`;
  const folder = new PrivateFolder((path) => writeFileSync(join(path, FILTER_NAME), filter));
  const filterPath = (): string => join(folder.path, FILTER_NAME);
  const restrict = (): string[] => ['--seccomp-filter', filterPath()];
  try {
    const filtered: LauncherOptions = {
      ...base,
      layers: [...base.layers, 'seccomp'],
      restrict,
      needs: () => [filterPath()],
    };
    const failure = await failsToConnect(launcher(filtered), ffmpegPath);
    if (failure === null) return filtered;
    folder.remove();
    return failure;
  } catch (error) {
    // The filter may have no place: the folder for temporary files may be absent, full or read-only.
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    folder.remove();
    return (error as Error).message;
  }
}

/** A launcher that also keeps ffmpeg off all files but its own, if that works here. */
async function withFileLayer(base: LauncherOptions, setprivPath: string, ffmpegPath: string): Promise<LauncherOptions> {
  const program = programFiles(ffmpegPath, ENVIRONMENT.PATH);
  for (const level of LANDLOCK_LEVELS) {
    const landlocked = withLandlock(base, level, program);
    if (await keepsFiles(landlocked, ffmpegPath)) return landlocked;
  }
  if (!base.layers.includes('network-namespace')) return base;
  const setpriv = programPath(setprivPath, ENVIRONMENT.PATH);
  const namespace = new MountNamespace({ ...program, runnable: [setpriv, ...program.runnable] });
  const mounted = withMounts(base, namespace);
  if (await keepsFiles(mounted, ffmpegPath)) return mounted;
  namespace.remove();
  return base;
}

async function keepsFiles(options: LauncherOptions, ffmpegPath: string): Promise<boolean> {
  const sandbox = launcher(options);
  const answers = await Promise.all([usesOwnFilesOnly, failsToConnect].map((probe) => probe(sandbox, ffmpegPath)));
  return answers.every((answer) => answer === null);
}

function withLandlock(base: LauncherOptions, level: LandlockLevel, program: ProgramFiles): LauncherOptions {
  const restrict = (files: FileAccess): string[] => [
    ...(base.restrict?.(files) ?? []),
    ...landlockOptions(level, program, files),
  ];
  return { ...base, layers: [...base.layers, 'landlock'], restrict };
}

function withMounts(base: LauncherOptions, namespace: MountNamespace): LauncherOptions {
  const [network = 'network-namespace', ...inner] = base.layers;
  return {
    ...base,
    layers: [network, 'mount-namespace', ...inner],
    isolate: [...(base.isolate ?? []), '-m'],
    // setpriv, too, runs inside, and reads the filter there.
    mounts: (files) => namespace.launchers({ ...files, reads: [...files.reads, ...(base.needs?.() ?? [])] }),
  };
}
