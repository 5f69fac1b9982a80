import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { DomainError } from '@app/domain';
import { json, urlencoded, type Request, type RequestHandler, type Response } from 'express';
import type { Observable } from 'rxjs';
import { hasBody } from './unread-body.js';

export interface BodyFormats {
  /** True if the encoding of HTML forms is accepted in addition to JSON. */
  readonly form: boolean;
  readonly maxBytes: number;
}

const BODY_TIMEOUT_MS = 30_000;

/**
 * Reads a small body after the guards and before the pipes, so that a request with invalid headers is rejected without
 * reading it. Other content types are rejected instead of being taken for an empty body.
 */
export class ReadBodyInterceptor implements NestInterceptor {
  private readonly parsers: { readonly type: string; readonly parse: RequestHandler }[];

  constructor(
    formats: BodyFormats,
    private readonly timeoutMs = BODY_TIMEOUT_MS,
  ) {
    const limit = formats.maxBytes;
    this.parsers = [{ type: 'json', parse: json({ limit }) }];
    if (formats.form) this.parsers.push({ type: 'urlencoded', parse: urlencoded({ limit, extended: false }) });
  }

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const http = context.switchToHttp();
    await this.read(http.getRequest<Request>(), http.getResponse<Response>());
    return next.handle();
  }

  private async read(request: Request, response: Response): Promise<void> {
    if (!hasBody(request)) return;
    const parser = this.parsers.find(({ type }) => request.is(type) !== false);
    if (parser === undefined) {
      throw new DomainError('unsupported_media_type', { params: { expected: 'json' } });
    }
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new DomainError('request_timeout'));
      }, this.timeoutMs);
      parser.parse(request, response, (error?: unknown) => {
        clearTimeout(timer);
        if (error === undefined || error === null) resolve();
        else reject(error instanceof Error ? error : new Error('The body cannot be read', { cause: error }));
      });
    });
    if (Array.isArray(request.body)) throw new DomainError('malformed_request');
  }
}
