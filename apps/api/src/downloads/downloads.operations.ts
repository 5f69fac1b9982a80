import { applyDecorators } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiResponse } from '@nestjs/swagger';
import { ApiJobId, JOB_PROBLEMS } from '../jobs/jobs.operations.js';
import type { HeadersObject } from '../openapi/document-types.js';
import { ApiProblems } from '../openapi/problems.decorator.js';

const ETAG_EXAMPLE = '"b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9"';
const DATE_EXAMPLE = 'Sat, 31 Jan 2026 12:00:05 GMT';

const VALIDATORS: HeadersObject = {
  ETag: { description: 'The SHA-256 of the MP3.', required: true, schema: { type: 'string' }, example: ETAG_EXAMPLE },
  'Last-Modified': {
    description: 'When the conversion ended.',
    required: true,
    schema: { type: 'string' },
    example: DATE_EXAMPLE,
  },
};

const BODY_HEADERS: HeadersObject = {
  ...VALIDATORS,
  'Content-Length': {
    description: 'The size of this response in bytes.',
    required: true,
    schema: { type: 'integer', minimum: 1 },
    example: 81_441,
  },
  'Accept-Ranges': {
    description: 'Byte ranges are supported.',
    required: true,
    schema: { type: 'string', enum: ['bytes'] },
    example: 'bytes',
  },
  'Content-Disposition': {
    description: 'The name of the video, with the extension `.mp3`.',
    required: true,
    schema: { type: 'string' },
    example: 'attachment; filename="clip.mp3"',
  },
};

const CONTENT_RANGE: HeadersObject = {
  'Content-Range': {
    description: 'The range in this response and the size of the MP3.',
    required: true,
    schema: { type: 'string' },
    example: 'bytes 0-999/81441',
  },
};

const MP3 = { 'audio/mpeg': { schema: { type: 'string', format: 'binary' } } };

/** Headers for conditional and partial requests. They have no examples, because Swagger UI would send them. */
const conditions = (): MethodDecorator[] =>
  [
    ['Range', 'One byte range, such as `bytes=0-999`. Several ranges are answered with the whole MP3.'],
    ['If-Range', 'The ETag or date of the part that the client has. The range is sent only if the MP3 still matches.'],
    ['If-None-Match', `The ETag that the client has, such as \`${ETAG_EXAMPLE}\`. 304 if the MP3 still matches.`],
    ['If-Modified-Since', `A date, such as \`${DATE_EXAMPLE}\`. 304 if the MP3 is not newer.`],
  ].map(([name = '', description = '']) =>
    ApiHeader({ name, description, required: false, schema: { type: 'string' } }),
  );

export const ApiDownload = (): MethodDecorator =>
  applyDecorators(
    ApiOperation({
      operationId: 'download',
      summary: 'Download the MP3',
      description: 'An interrupted download can be resumed with `Range` and `If-Range`. HEAD is supported.',
    }),
    ApiJobId(),
    ...conditions(),
    ApiOkResponse({ description: 'The MP3.', headers: BODY_HEADERS, content: MP3 }),
    ApiResponse({
      status: 206,
      description: 'The requested range of the MP3.',
      headers: { ...BODY_HEADERS, ...CONTENT_RANGE },
      content: MP3,
    }),
    ApiResponse({ status: 304, description: 'The client already has this MP3.', headers: VALIDATORS }),
    ApiProblems(
      ...JOB_PROBLEMS,
      'output_not_found',
      'not_finished',
      'job_failed',
      'job_canceled',
      'range_not_satisfiable',
      'storage_unavailable',
    ),
  );
