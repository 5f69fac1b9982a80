import { EnvBoolean, EnvInteger, EnvOneOf, EnvOptional, EnvText } from './env-fields.js';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
/** As Python's logging calls them. */
const LOG_LEVEL_ALIASES = { warning: 'warn', critical: 'fatal' };
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What every process reads. */
export class CoreEnv {
  /** The name of the service in logs and API documents. */
  @EnvText()
  APP_NAME = 'video-to-mp3';

  /** Where the service runs. In `production` samples and unsafe settings are refused, and logs are JSON. */
  @EnvOneOf(['development', 'staging', 'production'])
  ENV: 'development' | 'staging' | 'production' = 'development';

  /** Sets the log level to `debug` where LOG_LEVEL is not given. */
  @EnvBoolean()
  DEBUG = false;

  /** What is logged, and everything more serious; without it, `info`, or `debug` where DEBUG is set. */
  @EnvOptional()
  @EnvOneOf(LOG_LEVELS, LOG_LEVEL_ALIASES)
  LOG_LEVEL?: LogLevel = undefined;

  /** The address that HTTP servers listen on. Images set 0.0.0.0. */
  @EnvText()
  HOST = '127.0.0.1';

  /** The port of the health endpoints of processes without a public API; 0 takes any free port. */
  @EnvInteger(0, 65_535)
  HEALTH_PORT = 0;

  /** How long running work may go on after SIGTERM before it is cut off or handed back. */
  @EnvInteger(0, 3600)
  DRAIN_SECONDS = 20;

  get isProduction(): boolean {
    return this.ENV === 'production';
  }

  get logLevel(): LogLevel {
    return this.LOG_LEVEL ?? (this.DEBUG ? 'debug' : 'info');
  }
}
