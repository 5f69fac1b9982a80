import { EnvInteger } from '@app/config';

export class HttpEnv {
  /** The port of the public HTTP API; 0 takes any free port. */
  @EnvInteger(0, 65_535)
  PORT = 3000;
}
