import type { Server } from 'node:http';
import { DomainError } from '@app/domain';
import type { NextFunction, Request, Response } from 'express';

/** Lets the application answer what Node would answer itself, without a body: no Host, and an unknown Expect. */
export function receiveUnusableHeaders(server: Server): void {
  Object.assign(server, { requireHostHeader: false });
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
}

/** Rejects what HTTP itself forbids (RFC 9110, sections 7.2 and 10.1.1). */
export function rejectUnusableHeaders(request: Request, _response: Response, next: NextFunction): void {
  const { host, expect } = request.headers;
  if (host === undefined && request.httpVersion === '1.1') next(new DomainError('malformed_request'));
  else if (expect !== undefined && !/100-continue/i.test(expect)) next(new DomainError('expectation_failed'));
  else next();
}
