import { Catch, HttpException, Injectable, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { DomainError } from '@app/domain';
import { requestIdOf } from '@app/observability';
import type { Application, Request, Response } from 'express';
import { allowedMethods } from './allowed-methods.js';
import { problemBody, problemHeaders, statusOf } from './problem-details.js';
import { problemOf } from './problem-of.js';
import { answerUnreadBody } from './unread-body.js';

/** Turns errors that are thrown while a request is handled into problem responses. `raw-problems.ts` does so for HTTP parser errors. */
@Catch()
@Injectable()
export class ProblemDetailsFilter implements ExceptionFilter {
  private readonly logger = new Logger(ProblemDetailsFilter.name);

  constructor(private readonly adapterHost: HttpAdapterHost) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<Request>();
    const response = http.getResponse<Response>();
    const methods = this.otherMethods(thrown, request);
    const error =
      methods.length > 0 ? new DomainError('method_not_allowed', { params: { methods } }) : problemOf(thrown);
    this.log(error, request);
    if (response.headersSent || response.destroyed) {
      // The response has started, or the client has disconnected. A broken connection shows that it is incomplete.
      response.destroy();
      return;
    }
    if (methods.length > 0) response.setHeader('Allow', methods.join(', '));
    this.answer(error, request, response);
  }

  private answer(error: DomainError, request: Request, response: Response): void {
    const body = problemBody(error, request.originalUrl.split('?', 1)[0] ?? '/', requestIdOf(request));
    response.status(statusOf(error.code));
    response.set({ ...problemHeaders(error), 'Content-Length': String(Buffer.byteLength(body)) });
    answerUnreadBody(request, response, body);
  }

  /** Returns the methods of a path that does not support this one; none if a route itself sent the 404. */
  private otherMethods(thrown: unknown, request: Request): string[] {
    if (!(thrown instanceof HttpException) || thrown.getStatus() !== 404) return [];
    const application = this.adapterHost.httpAdapter.getInstance<Application>();
    const methods = allowedMethods(application, request.path);
    return methods.includes(request.method) ? [] : methods;
  }

  private log(error: DomainError, request: Request): void {
    const status = statusOf(error.code);
    const line = `${request.method} ${request.path}: ${error.code}`;
    if (error.code === 'upload_aborted') this.logger.log(line);
    else if (error.code === 'internal_error') this.logger.error({ err: error.cause ?? error, msg: line });
    else if (status >= 500 && error.cause !== undefined) this.logger.warn({ err: error.cause, msg: line });
    else this.logger.debug(line);
  }
}
