import { applyDecorators } from '@nestjs/common';
import { ApiOAuth2, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { ACCOUNT } from '../openapi/account-scheme.js';
import { ApiProblems } from '../openapi/problems.decorator.js';
import { ConversionJobDto } from './conversion-job.dto.js';

/** The problems of every route with a job id. */
export const JOB_PROBLEMS = ['validation_failed', 'unauthorized', 'not_found', 'database_unavailable'] as const;

/** Groups the routes of conversion jobs. All of them require an account. */
export const ApiMedia = (): ClassDecorator => applyDecorators(ApiTags('media'), ApiOAuth2([], ACCOUNT));

export const ApiJobId = (): MethodDecorator =>
  ApiParam({
    name: 'job_id',
    description: 'The `id` of the job.',
    schema: { type: 'string', format: 'uuid', example: '0b0f4e0c-6d0c-4bb7-9c39-5d0f6c8d1f11' },
  });

export const ApiStatus = (): MethodDecorator =>
  applyDecorators(
    ApiOperation({
      operationId: 'status',
      summary: 'Get the status of a conversion',
      description: 'Poll once per second until `status` is `DONE` or `FAILED`.',
    }),
    ApiJobId(),
    ApiOkResponse({ description: 'The conversion job.', type: ConversionJobDto }),
    ApiProblems(...JOB_PROBLEMS),
  );
