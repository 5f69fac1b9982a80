import { EnvInteger } from '@app/config';

export class JobsEnv {
  /** How often a conversion is attempted before the job fails. */
  @EnvInteger(1, 100)
  MAX_ATTEMPTS = 5;
}
