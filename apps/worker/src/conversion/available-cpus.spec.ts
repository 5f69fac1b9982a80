import { describe, expect, it } from 'vitest';
import { availableCpus } from './available-cpus.js';

const V2 = '/sys/fs/cgroup/cpu.max';
const V1_QUOTA = '/sys/fs/cgroup/cpu/cpu.cfs_quota_us';
const V1_PERIOD = '/sys/fs/cgroup/cpu/cpu.cfs_period_us';

const files = (texts: Record<string, string>) => (path: string) => texts[path] ?? null;

describe('availableCpus', () => {
  it.each<[string, Record<string, string>, number]>([
    ['no cgroup', {}, 8],
    ['no quota in v2', { [V2]: 'max 100000\n' }, 8],
    ['a quota in v2', { [V2]: '250000 100000\n' }, 2],
    ['less than one core', { [V2]: '50000 100000\n' }, 1],
    ['a quota above the cores', { [V2]: '1600000 100000\n' }, 8],
    ['no quota in v1', { [V1_QUOTA]: '-1\n', [V1_PERIOD]: '100000\n' }, 8],
    ['a quota in v1', { [V1_QUOTA]: '300000\n', [V1_PERIOD]: '100000\n' }, 3],
    ['a v1 quota without its period', { [V1_QUOTA]: '300000\n' }, 8],
    [
      'a quota of the own group in v2',
      {
        '/proc/self/cgroup': '0::/system.slice/worker.service\n',
        '/sys/fs/cgroup/system.slice/worker.service/cpu.max': '300000 100000\n',
      },
      3,
    ],
    [
      'a lower quota of a group around it',
      {
        '/proc/self/cgroup': '0::/jobs/worker\n',
        '/sys/fs/cgroup/jobs/worker/cpu.max': '400000 100000\n',
        '/sys/fs/cgroup/jobs/cpu.max': '200000 100000\n',
      },
      2,
    ],
    [
      'a quota of the own group in v1',
      {
        '/proc/self/cgroup': '12:cpuset:/a\n4:cpu,cpuacct:/docker/12ab\n',
        '/sys/fs/cgroup/cpu/docker/12ab/cpu.cfs_quota_us': '250000\n',
        '/sys/fs/cgroup/cpu/docker/12ab/cpu.cfs_period_us': '100000\n',
      },
      2,
    ],
    ['an empty file', { [V2]: '', [V1_QUOTA]: '' }, 8],
  ])('with %s', (_case, texts, cores) => {
    expect(availableCpus(files(texts), 8)).toBe(cores);
  });

  it('is at least one core on the machine that asks', () => {
    expect(availableCpus()).toBeGreaterThanOrEqual(1);
  });
});
