import { applyDecorators } from '@nestjs/common';
import { ApiAcceptedResponse, ApiBody, ApiConsumes, ApiOperation } from '@nestjs/swagger';
import { ConversionJobDto } from '../jobs/conversion-job.dto.js';
import { ApiProblems } from '../openapi/problems.decorator.js';

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
    ApiProblems(
      'file_missing',
      'empty_file',
      'validation_failed',
      'unauthorized',
      'upload_too_slow',
      'too_many_uploads',
      'too_busy',
      'payload_too_large',
      'unsupported_media_type',
      'storage_unavailable',
      'database_unavailable',
    ),
  );
