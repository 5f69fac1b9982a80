import { MAX_FIELD_ERRORS, ValidationError, type FieldError } from '@app/domain';
import { Injectable, ValidationPipe, type ArgumentMetadata, type PipeTransform } from '@nestjs/common';
import type { ValidationError as FieldProblem } from 'class-validator';

const MAX_DEPTH = 32;
const NUL = '\0';
/** Half of a surrogate pair: it has no bytes in UTF-8, so texts that differ in it would become equal. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/** Validates and builds DTOs. Rejects unknown properties, text that cannot be stored, and deep nesting, by field. */
@Injectable()
export class RequestValidationPipe implements PipeTransform {
  private readonly validation = new ValidationPipe({
    whitelist: true,
    forbidNonWhitelisted: true,
    transform: true,
    stopAtFirstError: true,
    exceptionFactory: (problems) => new ValidationError(fieldErrors(problems)),
  });

  async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    if (metadata.type === 'custom') return value;
    const unsafe = unsafeFields(value);
    if (unsafe.length > 0) throw new ValidationError(unsafe);
    return this.validation.transform(value, metadata);
  }
}

function* fieldErrors(problems: readonly FieldProblem[], parent = ''): Generator<FieldError> {
  for (const { property, constraints = {}, children = [] } of problems) {
    const field = `${parent}${property}`;
    for (const [constraint, message] of Object.entries(constraints)) {
      yield { field, message: constraint === 'whitelistValidation' ? `${field} is not a known field` : message };
    }
    yield* fieldErrors(children, `${field}.`);
  }
}

/** Without recursion: the sender chooses the depth of a body. */
function unsafeFields(root: unknown): FieldError[] {
  const errors: FieldError[] = [];
  const open: { value: unknown; field: string; depth: number }[] = [{ value: root, field: '', depth: 0 }];
  for (let next = open.pop(); next !== undefined && errors.length < MAX_FIELD_ERRORS; next = open.pop()) {
    const { value, field, depth } = next;
    if (typeof value === 'string') errors.push(...unsafeText(value, field));
    if (typeof value !== 'object' || value === null) continue;
    if (depth > MAX_DEPTH) return [{ field: field.split('.', 1)[0] ?? '', message: 'The body is nested too deeply' }];
    for (const [name, child] of Object.entries(value)) {
      const path = field === '' ? name : `${field}.${name}`;
      if (name === '__proto__') errors.push({ field: path, message: `${path} is not a known field` });
      else open.push({ value: child, field: path, depth: depth + 1 });
    }
  }
  return errors;
}

function unsafeText(text: string, field: string): FieldError[] {
  if (text.includes(NUL)) return [{ field, message: `${field} must not contain NUL characters` }];
  if (LONE_SURROGATE.test(text)) return [{ field, message: `${field} must not contain incomplete characters` }];
  return [];
}
