import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, isAbsolute, join } from 'node:path';
import { DomainError } from '@app/domain';
import { FilterFile } from './filter-file.js';
import {
  LANDLOCK_LEVELS,
  LIBRARY_FOLDERS,
  LIBRARY_INDEX,
  NO_FILES,
  landlockOptions,
  type FileAccess,
  type ProgramFiles,
} from './landlock.js';
import { ENVIRONMENT, launcher, type KernelLimits, type Sandbox } from './sandbox.js';
import { networkFilter } from './seccomp-filter.js';

export interface SandboxChoice {
  readonly isProduction: boolean;
  readonly mode: 'strict' | 'relaxed';
  readonly ffmpegPath: string;
  readonly log: { warn(message: string): void };
  /** The setpriv program; the system's own by default. */
  readonly setprivPath?: string;
}

/** Null when it works, else what was said. */
type Answer = string | null;
type Probe = (sandbox: Sandbox, ffmpegPath: string) => Promise<Answer>;

const PROBE_TIMEOUT_MS = 20_000;
const PROBE_LIMITS: KernelLimits = { cpuSeconds: 10, fileSizeBytes: 1_000_000 };
/** Nobody listens there; whoever can open a socket is told so. */
const PROBE_ADDRESS = 'tcp://127.0.0.1:1';
const NO_NETWORK = /Operation not permitted|Network is unreachable/;
/** Said by an ffmpeg that was built without network. */
const NO_PROTOCOL = /Protocol not found/;
const EMPTY_METADATA = ';FFMETADATA1\n';

/** Takes the strongest launcher that works here with this ffmpeg; in strict production there must be no network. */
export async function chooseSandbox(choice: SandboxChoice): Promise<Sandbox> {
  const { isProduction, mode, ffmpegPath, log } = choice;
  const setpriv = await droppingCapabilities(choice.setprivPath ?? 'setpriv');
  const namespaces = launcher({
    way: 'namespaces',
    isolate: ['unshare', '-r', '-n'],
    // A user namespace gives the right to drop capabilities; without one only a privileged user has it.
    setpriv: [setpriv[0] ?? '', ...DROP_ALL],
  });
  const noNamespaces = await refusesConnections(namespaces, ffmpegPath);
  if (noNamespaces === null) return namespaces;
  const filtered = await chooseFiltered(setpriv, ffmpegPath);
  if (typeof filtered !== 'string') return filtered;
  const uncontained = launcher({ way: 'none', setpriv });
  const failure = await starts(uncontained, ffmpegPath);
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
  return uncontained;
}

const DROP_ALL = ['--inh-caps=-all', '--bounding-set=-all'];
const DROP_INHERITED = ['--inh-caps=-all'];

async function droppingCapabilities(setprivPath: string): Promise<readonly string[]> {
  const all = [setprivPath, ...DROP_ALL];
  const [program = '', ...args] = all;
  const { exitCode } = await run(program, [...args, 'true']);
  return exitCode === 0 ? all : [setprivPath, ...DROP_INHERITED];
}

/** A launcher with a system call filter, and Landlock where the kernel has it; or why there is none. */
async function chooseFiltered(setpriv: readonly string[], ffmpegPath: string): Promise<Sandbox | string> {
  const filter = networkFilter(process.arch);
  if (filter === null) return `no filter is known for ${process.arch}`;
  const file = new FilterFile(filter);
  try {
    return await chooseWithFilter(file, setpriv, ffmpegPath);
  } catch (error) {
    // It may have no place: where there is no folder for temporary files, or where that is full or read-only.
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    file.remove();
    return (error as Error).message;
  }
}

async function chooseWithFilter(
  file: FilterFile,
  setpriv: readonly string[],
  ffmpegPath: string,
): Promise<Sandbox | string> {
  const withFilter = (): string[] => ['--seccomp-filter', file.path];
  const seccomp = launcher({ way: 'seccomp', setpriv, restrict: withFilter });
  const failure = await refusesConnections(seccomp, ffmpegPath);
  if (failure !== null) {
    file.remove();
    return failure;
  }
  const program = programFiles(ffmpegPath);
  for (const level of LANDLOCK_LEVELS) {
    const restrict = (files: FileAccess): string[] => [...withFilter(), ...landlockOptions(level, program, files)];
    const landlocked = launcher({ way: 'seccomp+landlock', setpriv, restrict });
    const answers = await Promise.all(
      [convertsFiles, refusesConnections].map((probe) => probe(landlocked, ffmpegPath)),
    );
    if (answers.every((answer) => answer === null)) return landlocked;
  }
  return seccomp;
}

function programFiles(ffmpegPath: string): ProgramFiles {
  const folders = ENVIRONMENT.PATH.split(delimiter);
  const places = isAbsolute(ffmpegPath) ? [ffmpegPath] : folders.map((folder) => join(folder, ffmpegPath));
  const program = places.find((place) => existsSync(place)) ?? ffmpegPath;
  const exists = (path: string): boolean => existsSync(path);
  return { runnable: [program, ...LIBRARY_FOLDERS.filter(exists)], readable: [LIBRARY_INDEX].filter(exists) };
}

const starts: Probe = async (sandbox, ffmpegPath) => {
  const { exitCode, lastLine } = await runIn(sandbox, [ffmpegPath, '-hide_banner', '-version'], NO_FILES);
  return exitCode === 0 ? null : lastLine;
};

/** Whether ffmpeg starts, is asked to connect, and is refused for the right reason. */
const refusesConnections: Probe = async (sandbox, ffmpegPath) => {
  const argv = [ffmpegPath, '-nostdin', '-v', 'error', '-i', PROBE_ADDRESS];
  const { said, lastLine } = await runIn(sandbox, argv, NO_FILES);
  // The address stands in what ffmpeg says, and not in what a launcher says that fails.
  const isRefused = said.includes(PROBE_ADDRESS) && (NO_NETWORK.test(said) || NO_PROTOCOL.test(said));
  return isRefused ? null : lastLine;
};

/** Whether ffmpeg can read and write where it must. */
const convertsFiles: Probe = async (sandbox, ffmpegPath) => {
  const folder = await mkdtemp(join(tmpdir(), 'video-to-mp3-'));
  try {
    const source = join(folder, 'source');
    await writeFile(source, EMPTY_METADATA);
    const format = ['-f', 'ffmetadata'];
    const argv = [
      '-nostdin',
      '-v',
      'error',
      ...format,
      '-i',
      `file:${source}`,
      ...format,
      `file:${join(folder, 'copy')}`,
    ];
    const { exitCode, lastLine } = await runIn(sandbox, [ffmpegPath, ...argv], { reads: [], folder });
    return exitCode === 0 ? null : lastLine;
  } finally {
    await rm(folder, { recursive: true });
  }
};

interface ProbeRun {
  readonly exitCode: number | string | null;
  /** On the standard error. */
  readonly said: string;
  /** Of that, or what stands for it. */
  readonly lastLine: string;
}

function runIn(sandbox: Sandbox, argv: readonly string[], files: FileAccess): Promise<ProbeRun> {
  const { command, args } = sandbox.wrap(argv, PROBE_LIMITS, files);
  return run(command, args);
}

function run(command: string, args: readonly string[]): Promise<ProbeRun> {
  return new Promise((resolve) => {
    execFile(command, [...args], { env: ENVIRONMENT, timeout: PROBE_TIMEOUT_MS }, (error, _stdout, stderr) => {
      const exitCode = error === null ? 0 : (error.code ?? null);
      const lastLine = stderr.trim().split('\n').at(-1) || `exit code ${String(exitCode)}`;
      resolve({ exitCode, said: stderr, lastLine });
    });
  });
}
