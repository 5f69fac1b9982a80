import { execFile } from 'node:child_process';
import { DomainError } from '@app/domain';

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

/** Starts every ffmpeg process with its privileges and resources taken away. Chosen once, at boot. */
export abstract class Sandbox {
  /** What keeps ffmpeg off the network. */
  abstract readonly network: 'namespace' | 'none';
  abstract wrap(argv: readonly string[], limits: KernelLimits): SandboxedCommand;
}

export interface SandboxChoice {
  readonly isProduction: boolean;
  readonly mode: 'strict' | 'relaxed';
  readonly ffmpegPath: string;
  readonly log: { warn(message: string): void };
}

const ADDRESS_SPACE_BYTES = 2_000_000_000;
const OPEN_FILES = 64;
const NICENESS = '10';
const PROBE_TIMEOUT_MS = 20_000;
const PROBE_LIMITS: KernelLimits = { cpuSeconds: 10, fileSizeBytes: 0 };
const ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LANG: 'C.UTF-8',
};

// A user namespace gives the right to drop capabilities; without one only a privileged user has it.
const NAMESPACED = launcher('namespace', ['unshare', '-r', '-n'], ['--inh-caps=-all', '--bounding-set=-all']);
const UNPRIVILEGED = [
  launcher('none', [], ['--inh-caps=-all', '--bounding-set=-all']),
  launcher('none', [], ['--inh-caps=-all']),
];

/** Takes the strongest launcher that works here with this ffmpeg; in strict production there must be no network. */
export async function chooseSandbox({ isProduction, mode, ffmpegPath, log }: SandboxChoice): Promise<Sandbox> {
  const refusal = await probe(NAMESPACED, ffmpegPath);
  if (refusal === null) return NAMESPACED;
  const weaker = await firstThatWorks(UNPRIVILEGED, ffmpegPath);
  if (isProduction && mode === 'strict') {
    throw new DomainError(
      'configuration_invalid',
      `ffmpeg cannot be cut off from the network here: "unshare -rn" fails (${refusal}). Allow user namespaces, or set SANDBOX=relaxed to run without this protection.`,
    );
  }
  log.warn(`ffmpeg runs WITHOUT network isolation: "unshare -rn" fails (${refusal})`);
  return weaker;
}

async function firstThatWorks(candidates: readonly Sandbox[], ffmpegPath: string): Promise<Sandbox> {
  let refusal = '';
  for (const candidate of candidates) {
    const answer = await probe(candidate, ffmpegPath);
    if (answer === null) return candidate;
    refusal = answer;
  }
  throw new DomainError('configuration_invalid', `FFMPEG_PATH: "${ffmpegPath}" cannot be run (${refusal})`);
}

function launcher(network: Sandbox['network'], isolate: readonly string[], drop: readonly string[]): Sandbox {
  return {
    network,
    wrap(argv, { cpuSeconds, fileSizeBytes }) {
      const [command = '', ...args] = [
        isolate,
        // After unshare: entering a user namespace may clear the signal that ties ffmpeg to this process's life.
        ['setpriv', '--nnp', '--pdeathsig', 'KILL', ...drop],
        ['prlimit', `--cpu=${cpuSeconds}`, `--as=${ADDRESS_SPACE_BYTES}`, `--fsize=${fileSizeBytes}`],
        [`--nofile=${OPEN_FILES}`, '--core=0', 'nice', '-n', NICENESS],
        argv,
      ].flat();
      return { command, args, env: ENVIRONMENT };
    },
  };
}

/** Null when it works, else what was said. */
function probe(sandbox: Sandbox, ffmpegPath: string): Promise<string | null> {
  const { command, args, env } = sandbox.wrap([ffmpegPath, '-hide_banner', '-version'], PROBE_LIMITS);
  return new Promise((resolve) => {
    execFile(command, [...args], { env, timeout: PROBE_TIMEOUT_MS }, (error, _stdout, stderr) => {
      if (error === null) return resolve(null);
      resolve(stderr.trim().split('\n').at(-1) || `exit code ${String(error.code)}`);
    });
  });
}
