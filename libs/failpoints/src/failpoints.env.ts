import { EnvOptional, EnvText } from '@app/config';

export class FailpointsEnv {
  /** For tests only: a folder in which an armed failpoint is a file of its name. Refused in production. */
  @EnvOptional()
  @EnvText()
  FAILPOINTS_DIRECTORY?: string = undefined;
}
