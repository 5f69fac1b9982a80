import { EnvOptional, EnvText } from '@app/config';

export class FailpointsEnv {
  /** For tests only: a folder where a file arms the failpoint of the same name. Rejected in production. */
  @EnvOptional()
  @EnvText()
  FAILPOINTS_DIRECTORY?: string = undefined;
}
