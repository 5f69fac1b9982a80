import type { CoreEnv } from '@app/config';
import type { Params } from 'nestjs-pino';
import { destination, type DestinationStream, type LoggerOptions } from 'pino';
import { Logger as NestLogger } from '@nestjs/common';
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
  const readable = core.isProduction ? undefined : await readableStream();
  return paramsFor(loggerOptions(core, kind), readable ?? backgroundOutput());
}

/** Without nestjs-pino's own middleware, whose work RequestLog does. */
export function paramsFor(options: LoggerOptions, stream: DestinationStream): Params {
  // The serializers are final: pino-http would put its own before them.
  return { pinoHttp: [{ ...options, wrapSerializers: false }, stream], forRoutes: [] };
}

export function loggerOptions(core: CoreEnv, kind: ProcessKind): LoggerOptions {
  return {
    level: core.logLevel,
    base: { service: core.APP_NAME, process: kind, pid: process.pid },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label) => ({ level: label }), log: redactFields },
    // Errors are already serialized, together with causes in other fields.
    serializers: { err: (error: unknown) => error },
    mixin: () => LogContext.line(),
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

/** Writes to standard output without making a request wait for a slow reader. pino writes the rest when the process exits. */
function backgroundOutput(): DestinationStream {
  return destination({ dest: process.stdout.fd, sync: false });
}

async function readableStream(): Promise<DestinationStream | undefined> {
  try {
    const { default: pretty } = await import('pino-pretty');
    return pretty({ sync: true, ignore: 'service,process,pid', translateTime: 'SYS:HH:MM:ss.l', singleLine: true });
  } catch {
    return undefined;
  }
}
