import { applyDecorators } from '@nestjs/common';
import { ApiAcceptedResponse, ApiBody, ApiConsumes, ApiOperation } from '@nestjs/swagger';
import { ConversionJobDto } from '../jobs/conversion-job.dto.js';
import { PENDING_JOB_EXAMPLE } from '../jobs/conversion-job.example.js';
import type { SchemaObject } from '../openapi/document-types.js';
import { ApiProblems } from '../openapi/problems.decorator.js';
import { MAX_URL_CHARACTERS } from '../webhooks/webhook-url.decorator.js';
import { NOTIFY } from './upload-fields.dto.js';

/** Swagger UI fills the form with the examples, and sends them: those of optional fields are empty. */
const FORM = {
  type: 'object',
  required: ['file'],
  properties: {
    notify: {
      type: 'string',
      enum: ['', ...NOTIFY],
      description:
        '`email`: an email is sent when the conversion ends, if your address is verified. `none`: none is sent. If it ' +
        'is absent or empty, the `notify_email` of your account decides.',
      example: '',
    },
    callback_url: {
      type: 'string',
      pattern: '^([Hh][Tt][Tt][Pp][Ss]?://.*)?$',
      maxLength: MAX_URL_CHARACTERS,
      description:
        'The address that is called when the conversion ends, like a webhook, signed with the callback secret of your ' +
        'account. If it is absent or empty, nothing is called.',
      example: '',
    },
    file: {
      type: 'string',
      format: 'binary',
      description: 'The video. The MP3 is named after it.',
    },
  },
} satisfies SchemaObject;

export const ApiUpload = (): MethodDecorator =>
  applyDecorators(
    ApiOperation({
      operationId: 'upload',
      summary: 'Upload a video',
      description:
        'Accepts MP4, MOV, M4V, 3GP, Matroska and WebM, detected from the content. After a 202 the video is stored, and ' +
        'its job always ends as an MP3 or as an explained failure. With `Expect: 100-continue`, invalid requests are ' +
        'rejected before the upload starts.',
    }),
    ApiConsumes('multipart/form-data'),
    ApiBody({
      description: 'A form with the video as its last field, at most 16 GiB unless the operator sets another limit.',
      schema: FORM,
    }),
    ApiAcceptedResponse({
      description: 'The conversion job.',
      type: ConversionJobDto,
      example: PENDING_JOB_EXAMPLE,
      headers: {
        Location: {
          description: 'The path of the status of the job.',
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
      'callback_secret_missing',
      'email_disabled',
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
