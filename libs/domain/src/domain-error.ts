import type { FailureCode } from './failure-code.js';

/** Refusals and faults that are not outcomes of a conversion. */
export type RefusalCode =
  | 'validation_failed'
  | 'malformed_request'
  | 'request_timeout'
  | 'headers_too_large'
  | 'invalid_credentials'
  | 'unauthorized'
  | 'registration_closed'
  | 'username_taken'
  | 'email_taken'
  | 'not_found'
  | 'method_not_allowed'
  | 'file_missing'
  | 'empty_file'
  | 'payload_too_large'
  | 'unsupported_media_type'
  | 'upload_too_slow'
  | 'upload_aborted'
  | 'too_busy'
  | 'too_many_requests'
  | 'not_finished'
  | 'job_failed'
  | 'job_canceled'
  | 'range_not_satisfiable'
  | 'object_not_found'
  | 'storage_unavailable'
  | 'database_unavailable'
  | 'broker_unavailable'
  | 'malformed_message'
  | 'configuration_invalid'
  | 'internal_error';

export type ErrorCode = RefusalCode | FailureCode;

export interface DomainErrorOptions {
  /** Whether the same call may succeed later. */
  readonly retryable?: boolean;
  /** When to try again, if it is known better than what the code says. */
  readonly retryAfterSeconds?: number;
  /** What really happened: for the log, never for the user. */
  readonly cause?: unknown;
}

/**
 * The one error of the product. `code` survives transports, where `instanceof` does not; `message` is a sentence
 * that is safe to show to people; the cause stays in the log.
 */
export class DomainError extends Error {
  override readonly name = 'DomainError';
  readonly retryable: boolean;
  readonly retryAfterSeconds: number | undefined;

  constructor(
    readonly code: ErrorCode,
    message: string,
    options: DomainErrorOptions = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.retryable = options.retryable ?? false;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}
