import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EnvInteger, EnvOptional, EnvText } from '@app/config';

export class ConversionEnv {
  /** How many conversions one worker runs at once; where it is not set, one for each core that the worker really has. */
  @EnvOptional()
  @EnvInteger(1, 256)
  WORKER_CONCURRENCY?: number = undefined;

  /** The cores that one worker may use, where affinity and cgroup quota do not tell. */
  @EnvOptional()
  @EnvInteger(1, 1024)
  WORKER_CPUS?: number = undefined;

  /** Where running jobs keep their files. Fastest on the disk of STORAGE_DIRECTORY, where sources are linked, not copied. */
  @EnvText()
  WORK_DIRECTORY = join(tmpdir(), 'video-to-mp3');
}
