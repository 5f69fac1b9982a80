import { applyDecorators } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiBody,
  ApiNoContentResponse,
  ApiOAuth2,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiQuery,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import { CONVERSION_STATUSES } from '@app/domain';
import { ACCOUNT } from '../openapi/account-scheme.js';
import { ApiProblems } from '../openapi/problems.decorator.js';
import { ConversionJobDto } from './conversion-job.dto.js';
import { CANCELED_JOB_EXAMPLE, PENDING_JOB_EXAMPLE } from './conversion-job.example.js';
import { ConversionJobListDto, DEFAULT_LIST_LIMIT, MAX_LIST_LIMIT, MAX_SEARCH_CHARACTERS } from './job-list.dto.js';
import { ChangedJobsDto, JobSelectionDto, MAX_SELECTED_JOBS } from './job-selection.dto.js';

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
      description: 'Poll once per second until `status` is `DONE`, `FAILED` or `CANCELED`.',
    }),
    ApiJobId(),
    ApiOkResponse({ description: 'The conversion job.', type: ConversionJobDto }),
    ApiProblems(...JOB_PROBLEMS),
  );

/** A job in another state than the examples of the fields show. */
const jobContent = (example: ConversionJobDto): { 'application/json': object } => ({
  'application/json': { schema: { $ref: getSchemaPath(ConversionJobDto) }, example },
});

const SELECTIONS = {
  ids: { summary: 'by id', value: { ids: [PENDING_JOB_EXAMPLE.id] } },
  status: { summary: 'by status', value: { status: ['PENDING'] } },
};

const SELECTION_PROBLEMS = [
  'validation_failed',
  'unauthorized',
  'payload_too_large',
  'unsupported_media_type',
  'database_unavailable',
] as const;

export const ApiList = (): MethodDecorator =>
  applyDecorators(
    ApiOperation({
      operationId: 'list',
      summary: 'List your conversions',
      description:
        'Newest first, page by page: send `next_cursor` as `cursor`, with the same filters, until it is null. A search ' +
        'looks at 10 000 jobs at a time, so a page can be short or empty and still have a next one.',
    }),
    ApiQuery({
      name: 'status',
      description: 'Only jobs with this status. Can be repeated.',
      required: false,
      schema: { type: 'array', items: { type: 'string', enum: [...CONVERSION_STATUSES] }, uniqueItems: true },
    }),
    ApiQuery({
      name: 'q',
      description: 'Only jobs with this text in the name of the video, in upper or lower case.',
      required: false,
      schema: { type: 'string', maxLength: MAX_SEARCH_CHARACTERS },
    }),
    ApiQuery({
      name: 'limit',
      description: 'The most jobs to return.',
      required: false,
      schema: { type: 'integer', minimum: 1, maximum: MAX_LIST_LIMIT, default: DEFAULT_LIST_LIMIT },
    }),
    ApiQuery({
      name: 'cursor',
      description: 'The `next_cursor` of the previous page.',
      required: false,
      schema: { type: 'string' },
    }),
    ApiOkResponse({ description: 'A page of the list.', type: ConversionJobListDto }),
    ApiProblems('validation_failed', 'unauthorized', 'database_unavailable'),
  );

export const ApiCancel = (): MethodDecorator =>
  applyDecorators(
    ApiOperation({
      operationId: 'cancel',
      summary: 'Cancel a conversion',
      description:
        'A waiting job never starts, and a running one is stopped within seconds. The video is kept, so the job can be ' +
        'retried. A job that is already canceled stays canceled.',
    }),
    ApiJobId(),
    ApiOkResponse({ description: 'The canceled job.', content: jobContent(CANCELED_JOB_EXAMPLE) }),
    ApiProblems(...JOB_PROBLEMS, 'cancel_not_possible'),
  );

export const ApiRetry = (): MethodDecorator =>
  applyDecorators(
    ApiOperation({
      operationId: 'retry',
      summary: 'Retry a conversion',
      description: 'Converts the video of a failed or canceled job again, with the same options.',
    }),
    ApiJobId(),
    ApiAcceptedResponse({ description: 'The job, which is waiting again.', content: jobContent(PENDING_JOB_EXAMPLE) }),
    ApiProblems(...JOB_PROBLEMS, 'retry_not_possible', 'source_expired'),
  );

export const ApiDelete = (): MethodDecorator =>
  applyDecorators(
    ApiOperation({
      operationId: 'delete',
      summary: 'Delete a conversion',
      description:
        'Deletes the job in any status, its MP3, and its video unless another job uses it. A running conversion is ' +
        'stopped.',
    }),
    ApiJobId(),
    ApiNoContentResponse({ description: 'The job is deleted.' }),
    ApiProblems(...JOB_PROBLEMS),
  );

export const ApiCancelMany = (): MethodDecorator =>
  applyDecorators(
    ApiOperation({
      operationId: 'cancelMany',
      summary: 'Cancel several conversions',
      description:
        `Cancels those of the jobs that wait or run, ${MAX_SELECTED_JOBS} at most. Others are left out, also ids that ` +
        'do not exist.',
    }),
    ApiBody({ type: JobSelectionDto, examples: SELECTIONS }),
    ApiOkResponse({ description: 'The jobs that were canceled.', type: ChangedJobsDto }),
    ApiProblems(...SELECTION_PROBLEMS),
  );

export const ApiDeleteMany = (): MethodDecorator =>
  applyDecorators(
    ApiOperation({
      operationId: 'deleteMany',
      summary: 'Delete several conversions',
      description:
        `Deletes the jobs with their files, ${MAX_SELECTED_JOBS} at most. Ids that do not exist are left out. The body ` +
        'is JSON, as with POST.',
    }),
    ApiBody({ type: JobSelectionDto, examples: SELECTIONS }),
    ApiOkResponse({ description: 'The jobs that were deleted.', type: ChangedJobsDto }),
    ApiProblems(...SELECTION_PROBLEMS),
  );
