import { MAX_FIELD_ERROR_CHARACTERS, MAX_FIELD_ERRORS, PROBLEMS } from '@app/domain';
import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { PUBLIC_CODES } from './public-problems.js';

@ApiSchema({ name: 'FieldError', description: 'An invalid field.' })
export class FieldErrorDto {
  @ApiProperty({
    description: 'The name of the field; nested fields are joined with dots.',
    maxLength: MAX_FIELD_ERROR_CHARACTERS,
    example: 'username',
  })
  readonly field: string;

  @ApiProperty({
    description: 'What is wrong with it.',
    maxLength: MAX_FIELD_ERROR_CHARACTERS,
    example: 'username must have 3 to 50 characters',
  })
  readonly message: string;
}

@ApiSchema({ name: 'ProblemDetails', description: 'The body of every problem (RFC 9457).' })
export class ProblemDetailsDto {
  @ApiProperty({
    description: 'Always `about:blank`: branch on `code`.',
    enum: ['about:blank'],
    example: 'about:blank',
  })
  readonly type: string;

  @ApiProperty({ description: 'The name of the HTTP status.', example: 'Bad Request' })
  readonly title: string;

  @ApiProperty({ description: 'The HTTP status.', type: 'integer', minimum: 400, maximum: 599, example: 400 })
  readonly status: number;

  @ApiProperty({
    description: 'What happened and what to do, for users.',
    example: PROBLEMS.validation_failed.sentence,
  })
  readonly detail: string;

  @ApiProperty({ description: 'The path of the request.', example: '/auth/register' })
  readonly instance: string;

  @ApiProperty({
    description: 'The problem, for programs to branch on.',
    enum: PUBLIC_CODES,
    example: 'validation_failed',
  })
  readonly code: string;

  @ApiProperty({
    description: 'Identifies the request in the log of the service. `null` if the request could not be read.',
    type: String,
    nullable: true,
    example: '6f1c3b1e-4a55-4f0e-9d8e-1f7f0e6f4c55',
  })
  readonly request_id: string | null;

  @ApiProperty({
    description: 'With `validation_failed` only: the invalid fields, up to 20.',
    type: [FieldErrorDto],
    maxItems: MAX_FIELD_ERRORS,
    required: false,
  })
  readonly errors?: FieldErrorDto[];
}
