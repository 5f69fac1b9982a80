import { EnvBoolean, EnvInteger, EnvOneOf, EnvOptional, EnvText } from './env-fields.js';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
/** The names in Python's logging. */
const LOG_LEVEL_ALIASES = { warning: 'warn', critical: 'fatal' };
export type LogLevel = (typeof LOG_LEVELS)[number];

/** The variables that every process reads. */
export class CoreEnv {
  /** The name of the service in logs and API documents. */
  @EnvText()
  APP_NAME = 'video-to-mp3';

  /** The environment of the service. In `production`, sample values and unsafe settings are rejected, and logs are JSON. */
  @EnvOneOf(['development', 'staging', 'production'])
  ENV: 'development' | 'staging' | 'production' = 'development';

  /** Sets the log level to `debug` if LOG_LEVEL is not set. */
  @EnvBoolean()
  DEBUG = false;

  /** The lowest level that is logged. Python's `warning` and `critical` are accepted. If it is not set: `info`, or `debug` if DEBUG is set. */
  @EnvOptional()
  @EnvOneOf(LOG_LEVELS, LOG_LEVEL_ALIASES)
  LOG_LEVEL?: LogLevel = undefined;

  /** The address that HTTP servers listen on. The images set 0.0.0.0. */
  @EnvText()
  HOST = '127.0.0.1';

  /** The port of the health endpoints in processes without a public API; 0 uses any free port. */
  @EnvInteger(0, 65_535)
  HEALTH_PORT = 0;

  /** The time that running work has after SIGTERM before it is aborted or returned to the queue, in seconds. */
  @EnvInteger(0, 3600)
  DRAIN_SECONDS = 20;

  get isProduction(): boolean {
    return this.ENV === 'production';
  }

  get logLevel(): LogLevel {
    return this.LOG_LEVEL ?? (this.DEBUG ? 'debug' : 'info');
  }
}
