import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EnvInteger, EnvOneOf, EnvOptional, EnvText } from '@app/config';

export class ConversionEnv {
  /** The number of conversions that one worker runs at once; by default one for each core that the worker can use. */
  @EnvOptional()
  @EnvInteger(1, 256)
  WORKER_CONCURRENCY?: number = undefined;

  /** The number of cores that one worker can use. Overrides the number detected from CPU affinity and the cgroup quota. A long video is encoded on the cores that no other job uses. */
  @EnvOptional()
  @EnvInteger(1, 1024)
  WORKER_CPUS?: number = undefined;

  /** The folder for the files of running jobs. It is fastest on the disk of STORAGE_DIRECTORY: sources are then linked, not copied. */
  @EnvText()
  WORK_DIRECTORY = join(tmpdir(), 'video-to-mp3');

  /** `on`: of a large MP4 or MOV file in an S3-compatible store, a worker downloads only the audio if that is quicker. `off`: it always downloads the whole file. */
  @EnvOneOf(['on', 'off'])
  SPARSE_FETCH: 'on' | 'off' = 'on';
}
