import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

export const REQUEST_ID_HEADER = 'x-request-id';

/** Used unchanged in logs, headers and messages, so it contains no character with a meaning there. */
const SAFE_REQUEST_ID = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/;

const known = new WeakMap<IncomingMessage, string>();

/**
 * Returns the id that the client sent if it is safe, or else a new one. Repeated calls for a request return the same
 * id.
 */
export function requestIdOf(request: IncomingMessage): string {
  const existing = known.get(request);
  if (existing !== undefined) return existing;
  const header = request.headers[REQUEST_ID_HEADER];
  const requestId = typeof header === 'string' && SAFE_REQUEST_ID.test(header) ? header : randomUUID();
  known.set(request, requestId);
  return requestId;
}
