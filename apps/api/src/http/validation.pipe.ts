import { ValidationError, type FieldError } from '@app/domain';
import { Injectable, ValidationPipe, type ArgumentMetadata, type PipeTransform } from '@nestjs/common';
import type { ValidationError as FieldProblem } from 'class-validator';

const MAX_DEPTH = 32;

/** Validates and builds DTOs; unknown properties, NUL characters and deep nesting are refused by field. */
@Injectable()
export class RequestValidationPipe implements PipeTransform {
  private readonly validation = new ValidationPipe({
    whitelist: true,
    forbidNonWhitelisted: true,
    transform: true,
    stopAtFirstError: true,
    exceptionFactory: (problems) => new ValidationError(problems.flatMap((problem) => fieldErrors(problem))),
  });

  async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    if (metadata.type === 'custom') return value;
    const unsafe = unsafeFields(value);
    if (unsafe.length > 0) throw new ValidationError(unsafe);
    return this.validation.transform(value, metadata);
  }
}

function fieldErrors(problem: FieldProblem, parent = ''): FieldError[] {
  const field = `${parent}${problem.property}`;
  const own = Object.entries(problem.constraints ?? {}).map(([constraint, message]) => ({
    field,
    message: constraint === 'whitelistValidation' ? `${field} is not a known field` : message,
  }));
  return [...own, ...(problem.children ?? []).flatMap((child) => fieldErrors(child, `${field}.`))];
}

/** Without recursion: the depth of a body is the sender's choice. */
function unsafeFields(root: unknown): FieldError[] {
  const errors: FieldError[] = [];
  const open: { value: unknown; field: string; depth: number }[] = [{ value: root, field: '', depth: 0 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, field, depth } = next;
    if (typeof value === 'string' && value.includes('\0')) {
      errors.push({ field, message: `${field} must not contain NUL characters` });
    }
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
