import { applyDecorators } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOAuth2, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ACCOUNT } from '../openapi/account-scheme.js';
import { ApiProblems, RATE_LIMIT_HEADERS } from '../openapi/problems.decorator.js';

export const ApiAccountEmails = (): ClassDecorator => ApiTags('accounts');

export const ApiRequestVerification = (): MethodDecorator =>
  applyDecorators(
    ApiOAuth2([], ACCOUNT),
    ApiOperation({
      operationId: 'requestEmailVerification',
      summary: 'Verify your email address',
      description: 'Sends a link to the address of the account. Other emails are sent to verified addresses only.',
    }),
    ApiAcceptedResponse({ description: 'The link will be sent.', headers: RATE_LIMIT_HEADERS }),
    ApiProblems(
      'unauthorized',
      'email_disabled',
      'email_missing',
      'email_already_verified',
      'too_many_requests',
      'database_unavailable',
    ),
  );

export const ApiRequestPasswordReset = (): MethodDecorator =>
  applyDecorators(
    ApiOperation({
      operationId: 'requestPasswordReset',
      summary: 'Reset a forgotten password',
      description:
        'Sends a link that sets a new password, if the address is the verified one of an account. The answer is the ' +
        'same if it is not.',
    }),
    ApiAcceptedResponse({
      description: 'If there is such an account, the link will be sent.',
      headers: RATE_LIMIT_HEADERS,
    }),
    ApiProblems(
      'validation_failed',
      'payload_too_large',
      'unsupported_media_type',
      'email_disabled',
      'too_many_requests',
      'database_unavailable',
    ),
  );
