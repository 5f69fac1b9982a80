import { applyDecorators } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOAuth2, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ACCOUNT } from '../openapi/account-scheme.js';
import { ApiProblems } from '../openapi/problems.decorator.js';
import { AccountDeliveryDto, AccountDeliveryListDto } from './account-delivery.dto.js';
import { ApiDeliveryId } from './webhooks.operations.js';

/** Groups the routes of emails and callbacks, which need an account. */
export const ApiAccountDeliveries = (): ClassDecorator =>
  applyDecorators(ApiTags('deliveries'), ApiOAuth2([], ACCOUNT));

export const ApiListAccountDeliveries = (): MethodDecorator =>
  applyDecorators(
    ApiOperation({
      operationId: 'accountDeliveries',
      summary: 'List your emails and callbacks',
      description:
        'Returns the last emails about your conversions and webhooks and the last callbacks of your uploads, with their ' +
        'attempts, newest first. They are kept for 30 days. Webhooks have a delivery log each.',
    }),
    ApiOkResponse({ description: 'The deliveries.', type: AccountDeliveryListDto }),
    ApiProblems('validation_failed', 'unauthorized', 'database_unavailable'),
  );

export const ApiRedeliverToAccount = (): MethodDecorator =>
  applyDecorators(
    ApiOperation({
      operationId: 'redeliverToAccount',
      summary: 'Send an email or a callback again',
      description:
        'Makes another attempt at once, and begins the retry schedule anew. A callback is called again, with the same ' +
        '`webhook-id`, whatever became of it, unless it is being called right now. An email that was delivered or has ' +
        'failed is sent again as a new email; one that is pending is left alone.',
    }),
    ApiDeliveryId(),
    ApiAcceptedResponse({ description: 'The delivery.', type: AccountDeliveryDto }),
    ApiProblems('validation_failed', 'not_found', 'unauthorized', 'email_disabled', 'database_unavailable'),
  );
