import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

export type ReadText = (path: string) => string | null;

/** Returns the cores that this process can use: Node knows the affinity mask, but ignores cgroup quotas. */
export function availableCpus(read: ReadText = readTextFile, cores: number = availableParallelism()): number {
  const quota = cgroupV2Quota(read) ?? cgroupV1Quota(read);
  return Math.max(1, Math.min(cores, quota === null ? cores : Math.floor(quota)));
}

function cgroupV2Quota(read: ReadText): number | null {
  const [quota, period] = (read('/sys/fs/cgroup/cpu.max') ?? '').trim().split(' ').map(Number);
  return ratio(quota, period);
}

function cgroupV1Quota(read: ReadText): number | null {
  const quota = Number(read('/sys/fs/cgroup/cpu/cpu.cfs_quota_us') ?? NaN);
  return ratio(quota, Number(read('/sys/fs/cgroup/cpu/cpu.cfs_period_us') ?? NaN));
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
