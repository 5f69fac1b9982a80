import { EnvInteger } from '@app/config';

const GIB = 1024 ** 3;

export class UploadsEnv {
  /** The largest source that is accepted, in bytes. */
  @EnvInteger(1)
  MAX_UPLOAD_BYTES = 16 * GIB;

  /** How many times a conversion is tried before it is given up. */
  @EnvInteger(1, 100)
  MAX_ATTEMPTS = 5;
}
