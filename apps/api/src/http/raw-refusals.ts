import { STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { DomainError } from '@app/domain';
import { problemDetails, problemHeaders, statusOf } from './problem-details.js';

/** What Node's HTTP parser refuses before there is a request: the same body as every other refusal. */
export function answerRawRefusals(server: Server): void {
  const answers = new WeakMap<Socket, ServerResponse>();
  server.on('request', (request: IncomingMessage, response: ServerResponse) => answers.set(request.socket, response));
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    const answer = answers.get(socket);
    // A second answer in the middle of a running one would become part of its body.
    const isAnswering = answer?.headersSent === true && !answer.writableFinished;
    if (error.code === 'ECONNRESET' || !socket.writable || isAnswering) {
      socket.destroy();
      return;
    }
    socket.end(rawProblem(refusalOfParser(error.code)));
  });
}

function refusalOfParser(code: string | undefined): DomainError {
  if (code === 'HPE_HEADER_OVERFLOW') {
    return new DomainError('headers_too_large', 'The address or the headers of the request are too large.');
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new DomainError('request_timeout', 'The request headers did not arrive in time.');
  }
  return new DomainError('malformed_request', 'This is not a valid HTTP request.');
}

function rawProblem(refusal: DomainError): string {
  const body = JSON.stringify(problemDetails(refusal, '/', null));
  const headers = {
    ...problemHeaders(refusal),
    'Content-Length': String(Buffer.byteLength(body)),
    Connection: 'close',
  };
  const status = statusOf(refusal.code);
  const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`];
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}
