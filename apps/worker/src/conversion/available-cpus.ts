import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';

export type ReadText = (path: string) => string | null;

const CGROUPS = '/sys/fs/cgroup';
const V2 = /^0::(\/.*)$/m;
const V1 = /^\d+:(?:[^:]*,)?cpu(?:,[^:]*)?:(\/.*)$/m;

/** Returns the cores that this process can use: Node knows the affinity mask, but ignores cgroup quotas. */
export function availableCpus(read: ReadText = readTextFile, cores: number = availableParallelism()): number {
  const own = read('/proc/self/cgroup') ?? '';
  const quotas = [
    ...folders(CGROUPS, V2.exec(own)?.[1]).map((folder) => quotaV2(read, folder)),
    ...folders(join(CGROUPS, 'cpu'), V1.exec(own)?.[1]).map((folder) => quotaV1(read, folder)),
  ];
  return Math.max(1, Math.floor(Math.min(cores, ...quotas.map((quota) => quota ?? cores))));
}

/** The group of this process and all that contain it. A container can see its own as the root. */
function folders(root: string, group = '/'): string[] {
  const found = [root];
  for (let path = group; path !== '/'; path = dirname(path)) found.push(join(root, path));
  return found;
}

function quotaV2(read: ReadText, folder: string): number | null {
  const [quota, period] = (read(join(folder, 'cpu.max')) ?? '').trim().split(' ').map(Number);
  return ratio(quota, period);
}

function quotaV1(read: ReadText, folder: string): number | null {
  const quota = Number(read(join(folder, 'cpu.cfs_quota_us')) ?? NaN);
  return ratio(quota, Number(read(join(folder, 'cpu.cfs_period_us')) ?? NaN));
}

/** A quota of `max` or -1 means that there is no limit. */
function ratio(quota = NaN, period = NaN): number | null {
  return quota > 0 && period > 0 ? quota / period : null;
}

function readTextFile(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
