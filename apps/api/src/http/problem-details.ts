import { ValidationError, type FieldError } from '@app/domain';
import { STATUS_CODES } from 'node:http';
import type { DomainError, ErrorCode, RefusalCode } from '@app/domain';

/** The body of every refusal: RFC 9457, with the product's own `code` to branch on. */
export interface ProblemDetails {
  readonly type: 'about:blank';
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly instance: string;
  readonly code: ErrorCode;
  readonly request_id: string | null;
  readonly errors?: readonly FieldError[];
}

export const PROBLEM_CONTENT_TYPE = 'application/problem+json; charset=utf-8';

/** The one table from error codes to HTTP statuses. A conversion's failure is no refusal, except `output_not_found`. */
const STATUS_OF_CODE = {
  validation_failed: 400,
  malformed_request: 400,
  request_timeout: 408,
  headers_too_large: 431,
  invalid_credentials: 401,
  unauthorized: 401,
  registration_closed: 403,
  username_taken: 409,
  email_taken: 409,
  not_found: 404,
  method_not_allowed: 405,
  file_missing: 400,
  empty_file: 400,
  payload_too_large: 413,
  unsupported_media_type: 415,
  upload_too_slow: 408,
  // Nobody is left to read it; nginx logs a client that went away like this.
  upload_aborted: 499,
  too_busy: 503,
  too_many_requests: 429,
  not_finished: 409,
  job_failed: 409,
  job_canceled: 409,
  range_not_satisfiable: 416,
  object_not_found: 404,
  storage_unavailable: 503,
  database_unavailable: 503,
  broker_unavailable: 503,
  malformed_message: 500,
  configuration_invalid: 500,
  internal_error: 500,
  output_not_found: 404,
} as const satisfies Record<RefusalCode | 'output_not_found', number>;

const RETRY_AFTER_SECONDS: Partial<Record<ErrorCode, number>> = {
  too_busy: 2,
  too_many_requests: 60,
  not_finished: 2,
  storage_unavailable: 5,
  database_unavailable: 5,
  broker_unavailable: 5,
};

export function statusOf(code: ErrorCode): number {
  return code in STATUS_OF_CODE ? STATUS_OF_CODE[code as keyof typeof STATUS_OF_CODE] : 500;
}

export function problemDetails(error: DomainError, instance: string, requestId: string | null): ProblemDetails {
  const status = statusOf(error.code);
  return {
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail: error.message,
    instance,
    code: error.code,
    request_id: requestId,
    ...(error instanceof ValidationError ? { errors: error.errors } : {}),
  };
}

/** What a status or a code demands beside the body. */
export function problemHeaders(error: DomainError): Record<string, string> {
  const headers: Record<string, string> = { 'Content-Type': PROBLEM_CONTENT_TYPE, 'Cache-Control': 'no-store' };
  const retryAfter = error.retryAfterSeconds ?? RETRY_AFTER_SECONDS[error.code];
  if (retryAfter !== undefined) headers['Retry-After'] = String(retryAfter);
  if (statusOf(error.code) === 401) headers['WWW-Authenticate'] = 'Bearer realm="video-to-mp3"';
  return headers;
}
