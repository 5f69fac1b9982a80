import type { INestApplicationContext } from '@nestjs/common';
import { Logger } from 'nestjs-pino';

export const BUFFERED_LOGS = { bufferLogs: true, autoFlushLogs: false } as const;

/**
 * Call it right after the application is created with `BUFFERED_LOGS`, so that the lines of the start have the same
 * form. If the start fails, they are not written; the caller reports the error.
 */
export function useStructuredLogs(app: INestApplicationContext): void {
  app.useLogger(app.get(Logger));
  app.flushLogs();
}
