import { EnvInteger } from '@app/config';

const GIB = 1024 ** 3;

export class UploadsEnv {
  /** The maximum size of an uploaded video, in bytes. */
  @EnvInteger(1)
  MAX_UPLOAD_BYTES = 16 * GIB;

  /** The maximum number of uploads that one user can have in progress in one API process. */
  @EnvInteger(1, 10_000)
  MAX_OPEN_UPLOADS_PER_USER = 16;

  /** The maximum number of uploads in progress in one API process. With an S3 store, each can hold 5 MiB of memory. */
  @EnvInteger(1, 10_000)
  MAX_OPEN_UPLOADS = 64;
}
