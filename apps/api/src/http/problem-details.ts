import {
  PROBLEMS,
  ValidationError,
  type DomainError,
  type ErrorCode,
  type FieldError,
  type Problem,
  type ProblemCode,
} from '@app/domain';

/** The body of every problem: RFC 9457, with the product's own `code` to branch on. */
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
export const MAX_PROBLEM_BYTES = 16 * 1024;

const MAX_INSTANCE_CHARACTERS = 1000;

/** The failure of a conversion is not a problem of a request, except `output_not_found`. */
function problem(code: ErrorCode): Problem {
  return code in PROBLEMS ? PROBLEMS[code as ProblemCode] : PROBLEMS.internal_error;
}

export function statusOf(code: ErrorCode): number {
  return problem(code).status;
}

export function problemDetails(error: DomainError, instance: string, requestId: string | null): ProblemDetails {
  const { status, title } = problem(error.code);
  return {
    type: 'about:blank',
    title,
    status,
    detail: error.sentence,
    instance: instance.slice(0, MAX_INSTANCE_CHARACTERS),
    code: error.code,
    request_id: requestId,
    ...(error instanceof ValidationError ? { errors: error.errors } : {}),
  };
}

/** The body as JSON of at most 16 KiB: as many errors as fit. */
export function problemBody(error: DomainError, instance: string, requestId: string | null): string {
  const details = problemDetails(error, instance, requestId);
  const errors = [...(details.errors ?? [])];
  let body = JSON.stringify(details);
  while (Buffer.byteLength(body) > MAX_PROBLEM_BYTES && errors.pop() !== undefined) {
    body = JSON.stringify({ ...details, errors });
  }
  return body;
}

/** The headers that a status or a code requires in addition to the body. */
export function problemHeaders(error: DomainError): Record<string, string> {
  const headers: Record<string, string> = { 'Content-Type': PROBLEM_CONTENT_TYPE, 'Cache-Control': 'no-store' };
  if (error.retryAfterSeconds !== undefined) headers['Retry-After'] = String(error.retryAfterSeconds);
  if (statusOf(error.code) === 401) headers['WWW-Authenticate'] = 'Bearer realm="video-to-mp3"';
  return headers;
}
