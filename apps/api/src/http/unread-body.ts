import type { IncomingMessage, ServerResponse } from 'node:http';

export interface DropBounds {
  readonly maxBytes: number;
  readonly maxMs: number;
}

const DROP_BOUNDS: DropBounds = { maxBytes: 64 * 1024 ** 2, maxMs: 10_000 };

/**
 * Answers a request whose body may still be arriving. Closing at once would reset the connection under clients that
 * send everything before they read (Python's http.client). So the whole answer is sent at once, and the connection is
 * closed after the rest of the body was read and dropped, within bounds.
 */
export function answerUnreadBody(
  request: IncomingMessage,
  response: ServerResponse,
  body: string,
  bounds: DropBounds = DROP_BOUNDS,
): void {
  const isBodyComing = hasBody(request) && !request.complete && !request.destroyed;
  if (!isBodyComing) {
    response.end(body);
    return;
  }
  response.setHeader('Connection', 'close');
  if (isWaitingForContinue(request)) {
    response.end(body);
    return;
  }
  response.write(body);
  dropRest(request, bounds, () => response.end());
}

export function hasBody(request: IncomingMessage): boolean {
  return request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
}

/** Such a client sends no body after a final answer. */
function isWaitingForContinue(request: IncomingMessage): boolean {
  return request.headers.expect !== undefined && request.readableFlowing === null;
}

function dropRest(request: IncomingMessage, { maxBytes, maxMs }: DropBounds, done: () => void): void {
  let droppedBytes = 0;
  const finish = (): void => {
    clearTimeout(timer);
    request.off('data', drop).off('end', finish).off('close', finish).off('error', finish);
    done();
  };
  const drop = (chunk: Buffer): void => {
    droppedBytes += chunk.length;
    if (droppedBytes > maxBytes) finish();
  };
  const timer = setTimeout(finish, maxMs);
  request.on('data', drop).once('end', finish).once('close', finish).once('error', finish);
  request.resume();
}
