import type { CoreEnv } from '@app/config';
import type { Params } from 'nestjs-pino';
import type { DestinationStream, Logger } from 'pino';
import type { Options } from 'pino-http';
import { ACCESS_LOG } from './access-log.js';
import { LogContext } from './log-context.js';
import { redactFields, redactText } from './redact.js';

/** Which of the service's processes is logging. */
export type ProcessKind = 'api' | 'worker' | 'setup' | 'notifier';

/** JSON lines in production; readable ones in development where pino-pretty is installed. */
export async function loggerParams(core: CoreEnv, kind: ProcessKind): Promise<Params> {
  const stream = core.isProduction ? undefined : await readableStream();
  const options = loggerOptions(core, kind);
  return { pinoHttp: stream === undefined ? options : [options, stream] };
}

export function loggerOptions(core: CoreEnv, kind: ProcessKind): Options {
  return {
    ...ACCESS_LOG,
    level: core.logLevel,
    base: { service: core.APP_NAME, process: kind, pid: process.pid },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label) => ({ level: label }), log: redactFields },
    mixin: (_fields, _level, logger) => contextOf(logger),
    hooks: { streamWrite: redactText },
  };
}

const requestLoggers = new WeakMap<object, boolean>();

/** A logger that is bound to a request has its id already, and JSON must not hold a name twice. */
function contextOf(logger: Logger): Record<string, string> {
  const line = LogContext.line();
  let isBound = requestLoggers.get(logger);
  if (isBound === undefined) {
    isBound = 'request_id' in logger.bindings();
    requestLoggers.set(logger, isBound);
  }
  if (isBound) delete line['request_id'];
  return line;
}

async function readableStream(): Promise<DestinationStream | undefined> {
  try {
    const { default: pretty } = await import('pino-pretty');
    return pretty({ sync: true, ignore: 'service,process,pid', translateTime: 'SYS:HH:MM:ss.l', singleLine: true });
  } catch {
    return undefined;
  }
}
