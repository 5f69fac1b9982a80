import { STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { DomainError } from '@app/domain';
import { problemBody, problemHeaders, statusOf } from './problem-details.js';

/** Answers what Node's HTTP parser rejects before there is a request with a problem document like any other. */
export function answerRawProblems(server: Server): void {
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
    socket.end(rawAnswer(problemOfParser(error.code)));
  });
}

function problemOfParser(code: string | undefined): DomainError {
  if (code === 'HPE_HEADER_OVERFLOW') return new DomainError('headers_too_large');
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new DomainError('request_timeout');
  return new DomainError('malformed_request');
}

function rawAnswer(error: DomainError): string {
  const body = problemBody(error, '/', null);
  const headers = {
    ...problemHeaders(error),
    'Content-Length': String(Buffer.byteLength(body)),
    Connection: 'close',
  };
  const status = statusOf(error.code);
  const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`];
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}
