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
    description: 'Bytes of this answer.',
    required: true,
    schema: { type: 'integer', minimum: 1 },
    example: 81_441,
  },
  'Accept-Ranges': {
    description: 'Ranges of bytes may be asked for.',
    required: true,
    schema: { type: 'string', enum: ['bytes'] },
    example: 'bytes',
  },
  'Content-Disposition': {
    description: 'The name of the video, with the ending `.mp3`.',
    required: true,
    schema: { type: 'string' },
    example: 'attachment; filename="clip.mp3"',
  },
};

const CONTENT_RANGE: HeadersObject = {
  'Content-Range': {
    description: 'Which bytes of how many.',
    required: true,
    schema: { type: 'string' },
    example: 'bytes 0-999/81441',
  },
};

const MP3 = { 'audio/mpeg': { schema: { type: 'string', format: 'binary' } } };

/** The headers of a request that make it conditional or partial. Swagger UI would fill an example in, and send it. */
const conditions = (): MethodDecorator[] =>
  [
    ['Range', 'One range of bytes, like `bytes=0-999`; several are answered with the whole MP3.'],
    ['If-Range', 'The ETag or the date of the part that the client has: the range is sent only if they still hold.'],
    ['If-None-Match', `What the client has: 304 if it is this MP3. Like \`${ETAG_EXAMPLE}\`.`],
    ['If-Modified-Since', `304 if the MP3 is not newer. Like \`${DATE_EXAMPLE}\`.`],
  ].map(([name = '', description = '']) =>
    ApiHeader({ name, description, required: false, schema: { type: 'string' } }),
  );

export const ApiDownload = (): MethodDecorator =>
  applyDecorators(
    ApiOperation({
      operationId: 'download',
      summary: 'Download the MP3',
      description: 'Can be continued where it broke off (`Range` with `If-Range`), and answers HEAD.',
    }),
    ApiJobId(),
    ...conditions(),
    ApiOkResponse({ description: 'The MP3.', headers: BODY_HEADERS, content: MP3 }),
    ApiResponse({
      status: 206,
      description: 'The range of it that was asked for.',
      headers: { ...BODY_HEADERS, ...CONTENT_RANGE },
      content: MP3,
    }),
    ApiResponse({ status: 304, description: 'The client has it already.', headers: VALIDATORS }),
    ApiProblems(
      ...JOB_PROBLEMS,
      'output_not_found',
      'not_finished',
      'job_failed',
      'range_not_satisfiable',
      'storage_unavailable',
    ),
  );
