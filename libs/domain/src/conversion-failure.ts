import { DomainError } from './domain-error.js';
import type { FailureCode } from './failure-code.js';
import type { FailureParams } from './failure-params.js';

/** A conversion's failure as an error. */
export function conversionFailure(code: FailureCode, cause?: unknown, failureParams?: FailureParams): DomainError {
  return new DomainError(code, { cause, failureParams });
}
