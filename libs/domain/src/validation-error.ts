import { DomainError } from './domain-error.js';

export interface FieldError {
  /** The field's name; nested fields are joined with dots. */
  readonly field: string;
  readonly message: string;
}

/** The bounds of a validation problem, whatever a request holds. */
export const MAX_FIELD_ERRORS = 20;
export const MAX_FIELD_ERROR_CHARACTERS = 100;

/** Rejects a request because of its fields, each with its own sentence; the first 20 are kept. */
export class ValidationError extends DomainError {
  readonly errors: readonly FieldError[];

  constructor(errors: Iterable<FieldError>) {
    super('validation_failed');
    this.errors = boundedErrors(errors);
  }
}

/** Takes no more from the iterable than is kept. */
function boundedErrors(errors: Iterable<FieldError>): FieldError[] {
  const kept: FieldError[] = [];
  for (const { field, message } of errors) {
    kept.push({ field: cut(field), message: cut(message) });
    if (kept.length === MAX_FIELD_ERRORS) break;
  }
  return kept;
}

/** Cuts before a character that would lose its second half. */
function cut(text: string): string {
  if (text.length <= MAX_FIELD_ERROR_CHARACTERS) return text;
  return `${text.slice(0, MAX_FIELD_ERROR_CHARACTERS - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}
