import { applyDecorators } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiBody,
  ApiConsumes,
  ApiHeader,
  ApiOAuth2,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import type { HeadersObject } from '../openapi/document-types.js';
import { ACCOUNT } from '../openapi/account-scheme.js';
import { ApiRefusals } from '../openapi/refusals.decorator.js';
import { ConversionJobDto } from './conversion-job.dto.js';

const ETAG_EXAMPLE = '"b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9"';
const DATE_EXAMPLE = 'Sat, 31 Jan 2026 12:00:05 GMT';
const OF_JOBS = ['validation_failed', 'unauthorized', 'not_found', 'database_unavailable'] as const;

/** What holds for all routes of conversion jobs. */
export const ApiMedia = (): ClassDecorator => applyDecorators(ApiTags('media'), ApiOAuth2([], ACCOUNT));

export const ApiUpload = (): MethodDecorator =>
  applyDecorators(
    ApiOperation({
      operationId: 'upload',
      summary: 'Upload a video',
      description:
        'Takes MP4 and its relatives (MOV, M4V, 3GP), Matroska and WebM, told by their content. ' +
        'Once the answer is here, the video is stored and its conversion will come to an end, whatever fails meanwhile. ' +
        'What the headers tell already is refused before the body is sent, if the request has `Expect: 100-continue`.',
    }),
    ApiConsumes('multipart/form-data'),
    ApiBody({
      description: 'A form with the video as its last field, at most 16 GiB unless the operator says otherwise.',
      schema: {
        type: 'object',
        required: ['file'],
        properties: {
          file: {
            type: 'string',
            format: 'binary',
            description: 'The video. Its name is kept: the MP3 is downloaded under it.',
          },
        },
      },
    }),
    ApiAcceptedResponse({
      description: 'The conversion job.',
      type: ConversionJobDto,
      headers: {
        Location: {
          description: 'Where to ask for its status.',
          required: true,
          schema: { type: 'string' },
          example: '/media/0b0f4e0c-6d0c-4bb7-9c39-5d0f6c8d1f11/status',
        },
      },
    }),
    ApiRefusals(
      'file_missing',
      'empty_file',
      'validation_failed',
      'unauthorized',
      'upload_too_slow',
      'payload_too_large',
      'unsupported_media_type',
      'storage_unavailable',
      'database_unavailable',
    ),
  );

const ApiJobId = (): MethodDecorator =>
  ApiParam({
    name: 'job_id',
    description: 'The `id` of the job.',
    schema: { type: 'string', format: 'uuid', example: '0b0f4e0c-6d0c-4bb7-9c39-5d0f6c8d1f11' },
  });

export const ApiStatus = (): MethodDecorator =>
  applyDecorators(
    ApiOperation({
      operationId: 'status',
      summary: 'See how far a conversion is',
      description: 'Ask again until `status` is `DONE`, `FAILED` or `CANCELED`; every second is often enough.',
    }),
    ApiJobId(),
    ApiOkResponse({ description: 'The conversion job.', type: ConversionJobDto }),
    ApiRefusals(...OF_JOBS),
  );

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
    ApiRefusals(
      ...OF_JOBS,
      'output_not_found',
      'not_finished',
      'job_failed',
      'job_canceled',
      'range_not_satisfiable',
      'storage_unavailable',
    ),
  );
