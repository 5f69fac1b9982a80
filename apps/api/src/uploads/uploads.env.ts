import { EnvInteger } from '@app/config';

const GIB = 1024 ** 3;

export class UploadsEnv {
  /** The largest source that is accepted, in bytes. */
  @EnvInteger(1)
  MAX_UPLOAD_BYTES = 16 * GIB;

  /** Uploads that one user can have in progress at the same time, on one api process. */
  @EnvInteger(1, 10_000)
  MAX_OPEN_UPLOADS_PER_USER = 16;

  /** Uploads that one api process receives at the same time; with an S3 store, each can hold 5 MiB of memory. */
  @EnvInteger(1, 10_000)
  MAX_OPEN_UPLOADS = 64;

  /** How many times a conversion is tried before it is given up. */
  @EnvInteger(1, 100)
  MAX_ATTEMPTS = 5;
}
