import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Options } from 'pino-http';
import { cutText } from './line-size.js';
import { requestIdOf } from './request-id.js';

/** Enough for every URL of the service with its parameters. */
const MAX_URL_LENGTH = 200;

interface RequestLine {
  readonly method: string;
  readonly url: string;
  /** Express shortens `url` inside a mounted router. */
  readonly originalUrl?: string;
}

/** One line for each request that ended. Headers are never logged. */
export const ACCESS_LOG: Options = {
  genReqId: requestIdOf,
  // Other lines contain only the id, not the whole request.
  quietReqLogger: true,
  customAttributeKeys: { reqId: 'request_id', responseTime: 'duration_ms' },
  customLogLevel: levelOf,
  customErrorMessage: () => 'request failed',
  customErrorObject: (_request, response: ServerResponse, _error, line: Record<string, unknown>) => ({
    res: line['res'],
    duration_ms: line['duration_ms'],
    ...(response.err !== undefined && { err: response.err }),
  }),
  wrapSerializers: false,
  serializers: {
    // Errors are already serialized, together with causes in other fields.
    err: (error: unknown) => error,
    req: ({ method, url, originalUrl }: RequestLine) => ({
      method,
      url: cutText(originalUrl ?? url, MAX_URL_LENGTH),
    }),
    res: ({ statusCode }: ServerResponse) => ({ status: statusCode }),
  },
};

function levelOf(request: IncomingMessage, response: ServerResponse, error?: Error): 'debug' | 'info' | 'error' {
  // A disconnect is a decision of the client, no matter how the handler treats it.
  if (!response.writableFinished && request.socket.destroyed) return 'info';
  if (error !== undefined || response.statusCode >= 500) return isHealth(request) ? 'debug' : 'error';
  return isHealth(request) ? 'debug' : 'info';
}

/** Probes arrive every few seconds; HealthRegistry logs the changes. */
function isHealth(request: IncomingMessage): boolean {
  return request.url?.startsWith('/health/') === true;
}
