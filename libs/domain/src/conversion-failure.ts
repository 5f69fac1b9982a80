import { DomainError } from './domain-error.js';
import { FAILURES, type FailureCode } from './failure-code.js';

/** A conversion's failure as an error, with the fixed sentence and the retryable flag of its code. */
export function conversionFailure(code: FailureCode, cause?: unknown): DomainError {
  return new DomainError(code, FAILURES[code].message, { retryable: FAILURES[code].retryable, cause });
}
