import { DomainError } from './domain-error.js';

export interface FieldError {
  /** The field's name; nested fields are joined with dots. */
  readonly field: string;
  readonly message: string;
}

/** A request whose fields are wrong, each with its own sentence. */
export class ValidationError extends DomainError {
  constructor(readonly errors: readonly FieldError[]) {
    super('validation_failed', 'Some fields are missing or wrong. See "errors".');
  }
}
