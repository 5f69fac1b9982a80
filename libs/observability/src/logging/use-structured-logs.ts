import type { INestApplicationContext } from '@nestjs/common';
import { Logger } from 'nestjs-pino';

export const BUFFERED_LOGS = { bufferLogs: true, autoFlushLogs: false } as const;

/**
 * Call it right after the application is created with `BUFFERED_LOGS`: the lines of the start come out too, in the
 * same shape. Where that start fails they do not: whoever started it says why, in words of its own.
 */
export function useStructuredLogs(app: INestApplicationContext): void {
  app.useLogger(app.get(Logger));
  app.flushLogs();
}
