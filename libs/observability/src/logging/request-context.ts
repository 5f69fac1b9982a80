import type { IncomingMessage, ServerResponse } from 'node:http';
import { LogContext } from './log-context.js';
import { REQUEST_ID_HEADER, requestIdOf } from './request-id.js';
import { traceparentOf } from './traceparent.js';

/** Middleware that runs a request in its LogContext and returns the request id to the client. */
export function requestContext(request: IncomingMessage, response: ServerResponse, next: () => void): void {
  const requestId = requestIdOf(request);
  if (!response.headersSent) response.setHeader(REQUEST_ID_HEADER, requestId);
  LogContext.run({ request_id: requestId, traceparent: traceparentOf(request.headers['traceparent']) }, next);
}
