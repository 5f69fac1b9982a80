import { HealthController } from '@app/observability';
import {
  ApiExtraModels,
  ApiOkResponse,
  ApiOperation,
  ApiProperty,
  ApiResponse,
  ApiSchema,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import { applyDecorators } from '@nestjs/common';
import { ApiProblems } from './problems.decorator.js';

@ApiSchema({ name: 'Liveness' })
class LivenessDto {
  @ApiProperty({ description: 'Always `ok`: the process answers.', enum: ['ok'], example: 'ok' })
  readonly status: string;
}

@ApiSchema({ name: 'CheckResult', description: 'What one check found.' })
class CheckResultDto {
  @ApiProperty({ description: 'Whether it works.', enum: ['up', 'down'], example: 'up' })
  readonly status: string;

  @ApiProperty({ description: 'Whether the api can do its work without it.', example: true })
  readonly required: boolean;

  @ApiProperty({ description: 'A sentence for operators.', required: false, example: '1 worker is connected.' })
  readonly detail?: string;
}

@ApiSchema({ name: 'HealthReport', description: 'Whether the api can do its work, and what it needs for that.' })
@ApiExtraModels(CheckResultDto)
class HealthReportDto {
  @ApiProperty({
    description:
      '`ok`: all is well. `degraded`: something optional is down, such as the workers: uploads are accepted and wait. `unavailable`: something required is down.',
    enum: ['ok', 'degraded', 'unavailable'],
    example: 'ok',
  })
  readonly status: string;

  @ApiProperty({
    description:
      'The checks by name: `database`, `broker`, `storage`, `workers`, and `draining` while the process ends.',
    type: 'object',
    additionalProperties: { $ref: getSchemaPath(CheckResultDto) },
    example: {
      database: { status: 'up', required: true },
      workers: { status: 'up', required: false, detail: '1 worker is connected.' },
    },
  })
  readonly checks: Record<string, CheckResultDto>;
}

let isDescribed = false;

/** Describes the routes of a controller that every app has, and that therefore knows nothing of the document. */
export function describeHealth(): void {
  // Decorators add up, and the tests make more than one document in a process.
  if (isDescribed) return;
  isDescribed = true;
  ApiTags('health')(HealthController);
  decorate(
    'live',
    ApiOperation({
      operationId: 'live',
      summary: 'Does the process answer?',
      description: 'For an orchestrator, which restarts a process that does not.',
    }),
    ApiOkResponse({ description: 'It does.', type: LivenessDto }),
    ApiProblems(),
  );
  decorate(
    'ready',
    ApiOperation({
      operationId: 'ready',
      summary: 'Can it do its work?',
      description: 'Names what is missing. For load balancers, which send no requests to a process that is not ready.',
    }),
    ApiOkResponse({ description: 'It can: uploads are accepted.', type: HealthReportDto }),
    ApiResponse({ status: 503, description: 'It cannot: `checks` names what is down.', type: HealthReportDto }),
    ApiProblems(),
  );
}

function decorate(method: 'live' | 'ready', ...decorators: MethodDecorator[]): void {
  const { prototype } = HealthController;
  const descriptor = Object.getOwnPropertyDescriptor(prototype, method);
  if (descriptor !== undefined) applyDecorators(...decorators)(prototype, method, descriptor);
}
