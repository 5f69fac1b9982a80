import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Options } from 'pino-http';
import { cutText } from './line-size.js';
import { requestIdOf } from './request-id.js';

/** Enough for every address of the service with its parameters. */
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
  // Lines in between carry the id only, not the whole request.
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
    // Errors are serialized before, together with the causes that stand in other fields.
    err: (error: unknown) => error,
    req: ({ method, url, originalUrl }: RequestLine) => ({
      method,
      url: cutText(originalUrl ?? url, MAX_URL_LENGTH),
    }),
    res: ({ statusCode }: ServerResponse) => ({ status: statusCode }),
  },
};

function levelOf(request: IncomingMessage, response: ServerResponse, error?: Error): 'debug' | 'info' | 'error' {
  // A client that went away is its own decision, whatever the handler made of it.
  if (!response.writableFinished && request.socket.destroyed) return 'info';
  if (error !== undefined || response.statusCode >= 500) return isHealth(request) ? 'debug' : 'error';
  return isHealth(request) ? 'debug' : 'info';
}

/** Probes come every few seconds for ever; HealthRegistry logs what changes. */
function isHealth(request: IncomingMessage): boolean {
  return request.url?.startsWith('/health/') === true;
}
