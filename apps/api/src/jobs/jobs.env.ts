import { EnvInteger } from '@app/config';

export class JobsEnv {
  /** The number of attempts after which a job fails. */
  @EnvInteger(1, 100)
  MAX_ATTEMPTS = 5;
}
