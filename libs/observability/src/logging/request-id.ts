import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

export const REQUEST_ID_HEADER = 'x-request-id';

/** Goes into logs, headers and messages as it is: so nothing that could mean anything there. */
const SAFE_REQUEST_ID = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/;

const known = new WeakMap<IncomingMessage, string>();

/** The client's own id if it is a safe one, else a new one; the same at each call for one request. */
export function requestIdOf(request: IncomingMessage): string {
  const existing = known.get(request);
  if (existing !== undefined) return existing;
  const header = request.headers[REQUEST_ID_HEADER];
  const requestId = typeof header === 'string' && SAFE_REQUEST_ID.test(header) ? header : randomUUID();
  known.set(request, requestId);
  return requestId;
}
