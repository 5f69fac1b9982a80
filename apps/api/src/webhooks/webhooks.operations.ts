import { MAX_WEBHOOKS_PER_USER, ROTATION_HOURS } from '@app/database';
import { applyDecorators } from '@nestjs/common';
import {
  ApiBody,
  ApiAcceptedResponse,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOAuth2,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiTags,
} from '@nestjs/swagger';
import { WebhookChangeDto } from './webhook-request.dto.js';
import { ACCOUNT } from '../openapi/account-scheme.js';
import { ApiProblems } from '../openapi/problems.decorator.js';
import { CallbackSecretDto } from './callback-secret.dto.js';
import { DeliveryDto, DeliveryListDto } from './delivery.dto.js';
import { WebhookDto, WebhookListDto, WebhookWithSecretDto } from './webhook.dto.js';

const OF_BODIES = ['validation_failed', 'payload_too_large', 'unsupported_media_type'] as const;
const OF_ACCOUNTS = ['unauthorized', 'database_unavailable'] as const;
/** The errors of every route that names a webhook. */
const OF_ONE = ['validation_failed', 'not_found', ...OF_ACCOUNTS] as const;

const WEBHOOK_ID = '3f0c8f0e-8a3c-4a55-9b0a-0d3f5a1c7e21';
const DELIVERY_ID = '9d4e2c7a-51a8-4f0e-8f43-2f6f2f0a9c11';

/** Groups the routes of webhooks, which all need an account. */
export const ApiWebhooks = (): ClassDecorator => applyDecorators(ApiTags('webhooks'), ApiOAuth2([], ACCOUNT));

const ApiWebhookId = (): MethodDecorator =>
  ApiParam({
    name: 'webhook_id',
    description: 'The `id` of the webhook.',
    schema: { type: 'string', format: 'uuid', example: WEBHOOK_ID },
  });

export const ApiDeliveryId = (): MethodDecorator =>
  ApiParam({
    name: 'delivery_id',
    description: 'The `id` of the delivery.',
    schema: { type: 'string', format: 'uuid', example: DELIVERY_ID },
  });

export const ApiCreateWebhook = (): MethodDecorator =>
  applyDecorators(
    ApiOperation({
      operationId: 'createWebhook',
      summary: 'Create a webhook',
      description:
        'Your server is called when a conversion ends, signed as Standard Webhooks defines. The answer has the signing ' +
        `secret, which is not shown again. An account can have ${MAX_WEBHOOKS_PER_USER} webhooks.`,
    }),
    ApiCreatedResponse({
      description: 'The webhook and its secret.',
      type: WebhookWithSecretDto,
      headers: {
        Location: {
          description: 'The path of the webhook.',
          required: true,
          schema: { type: 'string' },
          example: `/webhooks/${WEBHOOK_ID}`,
        },
      },
    }),
    ApiProblems(...OF_BODIES, ...OF_ACCOUNTS, 'too_many_webhooks'),
  );

export const ApiListWebhooks = (): MethodDecorator =>
  applyDecorators(
    ApiOperation({ operationId: 'webhooks', summary: 'List your webhooks', description: 'Returns all of them.' }),
    ApiOkResponse({ description: 'The webhooks.', type: WebhookListDto }),
    ApiProblems(...OF_ACCOUNTS),
  );

export const ApiGetWebhook = (): MethodDecorator =>
  applyDecorators(
    ApiOperation({
      operationId: 'webhook',
      summary: 'Get a webhook',
      description: 'Returns the webhook without its secret.',
    }),
    ApiWebhookId(),
    ApiOkResponse({ description: 'The webhook.', type: WebhookDto }),
    ApiProblems(...OF_ONE),
  );

export const ApiChangeWebhook = (): MethodDecorator =>
  applyDecorators(
    ApiBody({ type: WebhookChangeDto, required: false }),
    ApiOperation({
      operationId: 'changeWebhook',
      summary: 'Change a webhook',
      description: 'Changes the given fields. A webhook that was disabled for its failures is enabled here again.',
    }),
    ApiWebhookId(),
    ApiOkResponse({ description: 'The webhook.', type: WebhookDto }),
    ApiProblems(...OF_BODIES, 'not_found', ...OF_ACCOUNTS),
  );

export const ApiDeleteWebhook = (): MethodDecorator =>
  applyDecorators(
    ApiOperation({
      operationId: 'deleteWebhook',
      summary: 'Delete a webhook',
      description: 'Deletes the webhook, its delivery log and what was still to be delivered.',
    }),
    ApiWebhookId(),
    ApiNoContentResponse({ description: 'The webhook is deleted.' }),
    ApiProblems(...OF_ONE),
  );

export const ApiRotateWebhookSecret = (): MethodDecorator =>
  applyDecorators(
    ApiOperation({
      operationId: 'rotateWebhookSecret',
      summary: 'Replace the secret of a webhook',
      description:
        `Returns another secret. For ${ROTATION_HOURS} hours, calls are signed with both the new secret and the one ` +
        'before; a second rotation within that time ends the oldest one at once.',
    }),
    ApiWebhookId(),
    ApiOkResponse({ description: 'The webhook and its new secret.', type: WebhookWithSecretDto }),
    ApiProblems(...OF_ONE),
  );

export const ApiTestWebhook = (): MethodDecorator =>
  applyDecorators(
    ApiOperation({
      operationId: 'testWebhook',
      summary: 'Call a webhook with a test event',
      description:
        'Sends an event of the type `webhook.test`, signed like every other. The delivery log shows how it went. A test ' +
        'that is still pending is attempted again instead.',
    }),
    ApiWebhookId(),
    ApiAcceptedResponse({ description: 'The delivery.', type: DeliveryDto }),
    ApiProblems(...OF_ONE, 'webhook_disabled'),
  );

export const ApiListDeliveries = (): MethodDecorator =>
  applyDecorators(
    ApiOperation({
      operationId: 'deliveries',
      summary: 'Get the delivery log of a webhook',
      description: 'Returns the last deliveries with their attempts, newest first. They are kept for 30 days.',
    }),
    ApiWebhookId(),
    ApiOkResponse({ description: 'The deliveries.', type: DeliveryListDto }),
    ApiProblems(...OF_ONE),
  );

export const ApiRedeliver = (): MethodDecorator =>
  applyDecorators(
    ApiOperation({
      operationId: 'redeliver',
      summary: 'Deliver an event again',
      description:
        'Makes another attempt at once, with the same `webhook-id`, whether the delivery is pending, delivered or ' +
        'failed, and begins the retry schedule anew. A delivery that is being attempted right now is left alone.',
    }),
    ApiWebhookId(),
    ApiDeliveryId(),
    ApiAcceptedResponse({ description: 'The delivery.', type: DeliveryDto }),
    ApiProblems(...OF_ONE, 'webhook_disabled'),
  );

export const ApiCallbackSecret = (): MethodDecorator =>
  applyDecorators(
    ApiOperation({
      operationId: 'replaceCallbackSecret',
      summary: 'Create or replace the callback secret',
      description:
        'Returns the secret that signs the callbacks of your uploads (`callback_url`), which is not shown again. The ' +
        'secret before is no longer used.',
    }),
    ApiOkResponse({ description: 'The secret.', type: CallbackSecretDto }),
    ApiProblems(...OF_ACCOUNTS),
  );
