import type { CoreEnv } from '@app/config';
import type { Params } from 'nestjs-pino';
import type { DestinationStream, Logger, LoggerOptions } from 'pino';
import type { Options } from 'pino-http';
import { Logger as NestLogger } from '@nestjs/common';
import { ACCESS_LOG } from './access-log.js';
import { cutText } from './line-size.js';
import { LogBudget } from './log-budget.js';
import { LogContext } from './log-context.js';
import { redactFields } from './redact.js';
import { redactText } from './redact-text.js';

type LoggerHooks = NonNullable<LoggerOptions['hooks']>;

/** The process that is logging. */
export type ProcessKind = 'api' | 'worker' | 'setup' | 'notifier';

/** Writes JSON lines in production, and readable ones in development if pino-pretty is installed. */
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
    hooks: boundedOutput(),
  };
}

const MAX_MESSAGE_LENGTH = 2000;

/** Cuts messages, redacts whole lines, and drops lines above the rate limit. */
function boundedOutput(): LoggerHooks {
  const budget = new LogBudget((lines) => new NestLogger('Log').warn({ msg: 'Lines were left out of the log', lines }));
  return {
    logMethod(args, method, level) {
      const cut = args.map((arg: unknown) => (typeof arg === 'string' ? cutText(arg, MAX_MESSAGE_LENGTH) : arg));
      budget.write(level, () => method.apply(this, cut as typeof args));
    },
    streamWrite(line) {
      const redacted = redactText(line);
      budget.pay(Buffer.byteLength(redacted));
      return redacted;
    },
  };
}

const requestLoggers = new WeakMap<object, boolean>();

/** The logger of a request already has its id, and JSON must not contain a name twice. */
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
