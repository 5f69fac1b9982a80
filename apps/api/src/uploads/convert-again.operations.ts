import { applyDecorators } from '@nestjs/common';
import { ApiAcceptedResponse, ApiBody, ApiOperation, getSchemaPath } from '@nestjs/swagger';
import { ConversionJobDto, statusPath } from '../jobs/conversion-job.dto.js';
import { PENDING_JOB_EXAMPLE } from '../jobs/conversion-job.example.js';
import { ApiJobId, JOB_PROBLEMS } from '../jobs/jobs.operations.js';
import type { SchemaObject } from '../openapi/document-types.js';
import { ApiProblems } from '../openapi/problems.decorator.js';
import { MAX_URL_CHARACTERS } from '../webhooks/webhook-url.decorator.js';
import { NOTIFY } from './upload-fields.dto.js';

const OPTIONS = {
  type: 'object',
  properties: {
    notify: {
      type: 'string',
      enum: [...NOTIFY, null],
      nullable: true,
      description: 'Whether an email is sent when the job ends. Default: the `notify_email` of the account.',
      example: 'none',
    },
    callback_url: {
      type: 'string',
      format: 'uri',
      nullable: true,
      maxLength: MAX_URL_CHARACTERS,
      description: 'Is called when the job ends, signed with the callback secret of the account.',
    },
  },
} satisfies SchemaObject;

export const ApiConvertAgain = (): MethodDecorator =>
  applyDecorators(
    ApiOperation({
      operationId: 'convert',
      summary: 'Convert a video again',
      description:
        'Creates another job for the same video, as long as the video is stored. The existing job can have any status, ' +
        'and its options are not copied.',
    }),
    ApiJobId(),
    ApiBody({ schema: OPTIONS, required: false }),
    ApiAcceptedResponse({
      description: 'The new job.',
      content: {
        'application/json': { schema: { $ref: getSchemaPath(ConversionJobDto) }, example: PENDING_JOB_EXAMPLE },
      },
      headers: {
        Location: {
          description: 'The path of the status of the new job.',
          required: true,
          schema: { type: 'string' },
          example: statusPath(PENDING_JOB_EXAMPLE.id),
        },
      },
    }),
    ApiProblems(
      ...JOB_PROBLEMS,
      'callback_secret_missing',
      'email_disabled',
      'source_expired',
      'payload_too_large',
      'unsupported_media_type',
    ),
  );
