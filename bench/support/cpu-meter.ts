import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** The unit of times in /proc: USER_HZ, 100 on every Linux. */
const TICK_MS = 10;
const IDLE_MS = 5_000;
/** Work goes on after the last answer: acknowledgements, events, log lines. */
const AFTERWARDS_MS = 1_000;

interface ProcessTimes {
  readonly parent: number;
  readonly ownMs: number;
  /** The time of children that have ended, and of their children. */
  readonly endedChildrenMs: number;
}

export type Costs = Readonly<Record<string, number>>;

/** The processes whose processor time is measured. */
export interface MeteredParts {
  readonly api: number;
  readonly worker: number;
  /** The ports of services, by name. */
  readonly services: Readonly<Record<string, number>>;
}

/** Measures the processor time of each part of the service, with all processes that it starts. */
export class CpuMeter {
  private readonly services: readonly (readonly [string, number])[];

  constructor(private readonly parts: MeteredParts) {
    this.services = Object.entries(parts.services).map(([name, port]) => [name, listenerOf(port)]);
  }

  /** Returns the milliseconds that the work takes, divided by `count`. What each part uses while idle is subtracted. */
  async costOf(count: number, work: () => Promise<unknown>): Promise<Costs> {
    const atRest = await this.during(() => delay(IDLE_MS));
    const busy = await this.during(async () => {
      await work();
      await delay(AFTERWARDS_MS);
    });
    const idleShare = busy.elapsedMs / atRest.elapsedMs;
    return Object.fromEntries(
      Object.entries(busy.usedMs).map(([name, ms]) => [name, (ms - (atRest.usedMs[name] ?? 0) * idleShare) / count]),
    );
  }

  private async during(work: () => Promise<unknown>): Promise<{ usedMs: Costs; elapsedMs: number }> {
    const [before, startedAt] = [this.read(), performance.now()];
    await work();
    const [after, elapsedMs] = [this.read(), performance.now() - startedAt];
    return {
      usedMs: Object.fromEntries(Object.entries(after).map(([name, ms]) => [name, ms - (before[name] ?? 0)])),
      elapsedMs,
    };
  }

  private read(): Costs {
    const processes = readProcesses();
    const worker = processes.get(this.parts.worker);
    return {
      api: treeMs(processes, this.parts.api),
      worker: worker?.ownMs ?? NaN,
      'ffmpeg and its sandbox': treeMs(processes, this.parts.worker) - (worker?.ownMs ?? NaN),
      ...Object.fromEntries(this.services.map(([name, pid]) => [name, treeMs(processes, pid)])),
    };
  }
}

/** The time of a process, of its descendants, and of those that have ended. */
function treeMs(processes: ReadonlyMap<number, ProcessTimes>, root: number): number {
  const times = processes.get(root);
  if (times === undefined) return NaN;
  let sum = times.ownMs + times.endedChildrenMs;
  for (const [pid, { parent }] of processes) if (parent === root) sum += treeMs(processes, pid);
  return sum;
}

function readProcesses(): Map<number, ProcessTimes> {
  const processes = new Map<number, ProcessTimes>();
  for (const pid of pids()) {
    const fields = readQuietly(`/proc/${pid}/stat`)
      .replace(/^.*\) /s, '')
      .split(' ');
    if (fields.length === 1) continue;
    const [parent, user, system, childUser, childSystem] = [1, 11, 12, 13, 14].map((index) => Number(fields[index]));
    processes.set(pid, {
      parent: parent ?? 0,
      ownMs: ((user ?? 0) + (system ?? 0)) * TICK_MS,
      endedChildrenMs: ((childUser ?? 0) + (childSystem ?? 0)) * TICK_MS,
    });
  }
  return processes;
}

/** Returns the process that listens on a port of this machine. */
function listenerOf(port: number): number {
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0');
  const line = ['tcp', 'tcp6']
    .flatMap((table) => readQuietly(`/proc/net/${table}`).split('\n'))
    .map((text) => text.trim().split(/\s+/))
    .find(([, local = '', , state]) => state === '0A' && local.endsWith(`:${hexPort}`));
  const socket = `socket:[${line?.[9]}]`;
  // The oldest: others inherit its sockets.
  const listener = pids().find((pid) => descriptorsOf(pid).includes(socket));
  if (listener === undefined) throw new Error(`No process of this machine listens on port ${port}`);
  return listener;
}

function descriptorsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((name) => readlinkSync(`/proc/${pid}/fd/${name}`));
  } catch {
    // It has ended, or closed the file, or belongs to another user.
    return [];
  }
}

function pids(): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0)
    .toSorted((a, b) => a - b);
}

function readQuietly(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
