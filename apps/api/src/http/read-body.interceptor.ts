import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { DomainError } from '@app/domain';
import { json, urlencoded, type Request, type RequestHandler, type Response } from 'express';
import type { Observable } from 'rxjs';
import { hasBody } from './unread-body.js';

export interface BodyFormats {
  /** Whether an HTML form's encoding is read beside JSON. */
  readonly form: boolean;
}

const MAX_BODY_BYTES = 100 * 1024;
const BODY_TIMEOUT_MS = 30_000;

/**
 * Reads a small body after the guards and before the pipes: what the headers tell is refused without reading it.
 * Other content types are refused instead of being taken for an empty body.
 */
export class ReadBodyInterceptor implements NestInterceptor {
  private readonly parsers: { readonly type: string; readonly parse: RequestHandler }[];

  constructor(
    formats: BodyFormats,
    private readonly timeoutMs = BODY_TIMEOUT_MS,
  ) {
    this.parsers = [{ type: 'json', parse: json({ limit: MAX_BODY_BYTES }) }];
    if (formats.form) {
      this.parsers.push({ type: 'urlencoded', parse: urlencoded({ limit: MAX_BODY_BYTES, extended: false }) });
    }
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
      throw new DomainError('unsupported_media_type', 'Send this request as application/json.');
    }
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new DomainError('request_timeout', 'The request body did not arrive in time.'));
      }, this.timeoutMs);
      parser.parse(request, response, (error?: unknown) => {
        clearTimeout(timer);
        if (error === undefined || error === null) resolve();
        else reject(error instanceof Error ? error : new Error('The body cannot be read', { cause: error }));
      });
    });
  }
}
