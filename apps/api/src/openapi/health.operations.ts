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

@ApiSchema({ name: 'CheckResult', description: 'The result of a check.' })
class CheckResultDto {
  @ApiProperty({ description: 'Whether it works.', enum: ['up', 'down'], example: 'up' })
  readonly status: string;

  @ApiProperty({ description: 'Whether the api is not ready while it is down.', example: true })
  readonly required: boolean;

  @ApiProperty({ description: 'A sentence for operators.', required: false, example: '1 worker is connected.' })
  readonly detail?: string;
}

@ApiSchema({ name: 'HealthReport', description: 'Whether uploads are accepted, and the checks behind it.' })
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

/** Describes the routes of the health controller, which every app has and which therefore knows no OpenAPI. */
export function describeHealth(): void {
  // Decorators accumulate, and the tests build several documents in one process.
  if (isDescribed) return;
  isDescribed = true;
  ApiTags('health')(HealthController);
  decorate(
    'live',
    ApiOperation({
      operationId: 'live',
      summary: 'Check that the process runs',
      description: 'For orchestrators, which restart a process that does not respond.',
    }),
    ApiOkResponse({ description: 'The process runs.', type: LivenessDto }),
    ApiProblems(),
  );
  decorate(
    'ready',
    ApiOperation({
      operationId: 'ready',
      summary: 'Check that uploads are accepted',
      description: 'Lists what is down. For load balancers, which send no requests to a process that is not ready.',
    }),
    ApiOkResponse({ description: 'Uploads are accepted.', type: HealthReportDto }),
    ApiResponse({ status: 503, description: 'Something required is down: see `checks`.', type: HealthReportDto }),
    ApiProblems(),
  );
}

function decorate(method: 'live' | 'ready', ...decorators: MethodDecorator[]): void {
  const { prototype } = HealthController;
  const descriptor = Object.getOwnPropertyDescriptor(prototype, method);
  if (descriptor !== undefined) applyDecorators(...decorators)(prototype, method, descriptor);
}
