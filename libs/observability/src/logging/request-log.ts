import type { IncomingMessage, ServerResponse } from 'node:http';
import { Injectable, type NestMiddleware } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { cutText } from './line-size.js';
import { LogContext } from './log-context.js';
import { REQUEST_ID_HEADER, requestIdOf } from './request-id.js';
import { traceparentOf } from './traceparent.js';

/** Enough for every URL of the service with its parameters. */
const MAX_URL_LENGTH = 200;

type RequestLevel = 'debug' | 'info' | 'error';

/**
 * Runs each request in its LogContext, returns its id to the client, and logs one line when it ends. It takes the place
 * of pino-http's middleware, which makes two loggers for each request. Headers are never logged.
 */
@Injectable()
export class RequestLog implements NestMiddleware {
  constructor(private readonly pino: PinoLogger) {}

  use(request: IncomingMessage & { originalUrl?: string }, response: ServerResponse, next: () => void): void {
    const requestId = requestIdOf(request);
    if (!response.headersSent) response.setHeader(REQUEST_ID_HEADER, requestId);
    const startedAt = performance.now();
    // Express shortens the URL inside a mounted router.
    const url = request.originalUrl ?? request.url ?? '';
    response.once('close', () => {
      const level = levelOf(request, response, url);
      const { logger } = this.pino;
      if (!logger.isLevelEnabled(level)) return;
      logger[level](
        {
          request_id: requestId,
          req: { method: request.method, url: cutText(url, MAX_URL_LENGTH) },
          res: { status: response.statusCode },
          duration_ms: Math.round(performance.now() - startedAt),
        },
        messageOf(request, response),
      );
    });
    LogContext.run({ request_id: requestId, traceparent: traceparentOf(request.headers['traceparent']) }, next);
  }
}

function messageOf(request: IncomingMessage, response: ServerResponse): string {
  if (response.statusCode >= 500) return 'request failed';
  return request.readableAborted || !response.writableEnded ? 'request aborted' : 'request completed';
}

function levelOf(request: IncomingMessage, response: ServerResponse, url: string): RequestLevel {
  // A disconnect is a decision of the client, no matter how the handler treats it.
  if (!response.writableFinished && request.socket.destroyed) return 'info';
  // Probes arrive every few seconds; HealthRegistry logs the changes.
  if (url.startsWith('/health/')) return 'debug';
  return response.statusCode >= 500 ? 'error' : 'info';
}
