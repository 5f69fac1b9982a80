import { DomainError } from './domain-error.js';
import type { FailureCode } from './failure-code.js';

/** A conversion's failure as an error. */
export function conversionFailure(code: FailureCode, cause?: unknown): DomainError {
  return new DomainError(code, { cause });
}
