import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EnvInteger, EnvOneOf, EnvOptional, EnvText } from '@app/config';

export class ConversionEnv {
  /** The number of conversions that one worker runs at a time. Default: one for each core that the worker can use. */
  @EnvOptional()
  @EnvInteger(1, 256)
  WORKER_CONCURRENCY?: number = undefined;

  /** The number of cores that one worker can use. Overrides the number detected from CPU affinity and the cgroup quota. A long video is encoded on the cores that no other job uses. */
  @EnvOptional()
  @EnvInteger(1, 1024)
  WORKER_CPUS?: number = undefined;

  /** The folder for the files of running jobs. Fastest on the same disk as STORAGE_DIRECTORY, because videos are then hard-linked instead of copied. */
  @EnvText()
  WORK_DIRECTORY = join(tmpdir(), 'video-to-mp3');

  /** `on`: a worker downloads only the audio of a large MP4 or MOV file from an S3-compatible store if that is quicker. `off`: it always downloads the whole file. */
  @EnvOneOf(['on', 'off'])
  SPARSE_FETCH: 'on' | 'off' = 'on';
}
