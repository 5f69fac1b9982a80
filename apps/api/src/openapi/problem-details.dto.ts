import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { REFUSALS } from './refusals.js';

@ApiSchema({ name: 'FieldError', description: 'What is wrong with one field.' })
export class FieldErrorDto {
  @ApiProperty({ description: 'The name of the field; nested fields are joined with dots.', example: 'username' })
  readonly field: string;

  @ApiProperty({ description: 'A sentence for people.', example: 'username must have 3 to 50 characters' })
  readonly message: string;
}

@ApiSchema({ name: 'ProblemDetails', description: 'The body of every refusal (RFC 9457).' })
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

  @ApiProperty({ description: 'A sentence for people.', example: REFUSALS.validation_failed.detail })
  readonly detail: string;

  @ApiProperty({ description: 'The path of the request.', example: '/auth/register' })
  readonly instance: string;

  @ApiProperty({
    description: 'What happened, for programs to branch on.',
    enum: Object.keys(REFUSALS),
    example: 'validation_failed',
  })
  readonly code: string;

  @ApiProperty({
    description: 'Names the request in the log of the service. Null where the request could not be read.',
    type: String,
    nullable: true,
    example: '6f1c3b1e-4a55-4f0e-9d8e-1f7f0e6f4c55',
  })
  readonly request_id: string | null;

  @ApiProperty({
    description: 'With `validation_failed` only: each wrong field.',
    type: [FieldErrorDto],
    required: false,
  })
  readonly errors?: FieldErrorDto[];
}
