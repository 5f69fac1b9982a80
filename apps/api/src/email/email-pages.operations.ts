import { applyDecorators } from '@nestjs/common';
import { ApiConsumes, ApiOkResponse, ApiOperation, ApiQuery, ApiTags, type ApiResponseOptions } from '@nestjs/swagger';
import { ApiProblems, RATE_LIMIT_HEADERS } from '../openapi/problems.decorator.js';

const PAGE: ApiResponseOptions = {
  description: 'A page for the user.',
  content: { 'text/html': { schema: { type: 'string' }, example: '<!doctype html>' } },
};

const ApiToken = (): MethodDecorator =>
  ApiQuery({ name: 'token', description: 'From the link in the email.', required: true, schema: { type: 'string' } });

export const ApiEmailPages = (): ClassDecorator => ApiTags('pages');

/** Mail programs open links to look at them, so a page alone changes nothing. */
export const ApiShowEmailPage = (operationId: string): MethodDecorator =>
  applyDecorators(
    ApiOperation({
      operationId,
      summary: 'A page that a link in an email opens',
      description: 'Its button sends POST.',
    }),
    ApiOkResponse(PAGE),
    ApiProblems(),
  );

export const ApiVerifyEmail = (): MethodDecorator =>
  applyDecorators(
    ApiOperation({
      operationId: 'verifyEmail',
      summary: 'Confirm an email address with a link',
      description: 'Nothing is sent to an address before. A link works for 48 hours.',
    }),
    ApiToken(),
    ApiOkResponse(PAGE),
    ApiProblems('validation_failed', 'link_invalid', 'database_unavailable'),
  );

export const ApiResetPassword = (): MethodDecorator =>
  applyDecorators(
    ApiOperation({
      operationId: 'resetPassword',
      summary: 'Set a new password with a link',
      description: 'A link works once, for 30 minutes.',
    }),
    ApiToken(),
    ApiConsumes('application/json', 'application/x-www-form-urlencoded'),
    ApiOkResponse({ ...PAGE, headers: RATE_LIMIT_HEADERS }),
    ApiProblems(
      'validation_failed',
      'payload_too_large',
      'unsupported_media_type',
      'link_invalid',
      'too_many_requests',
      'too_busy',
      'database_unavailable',
    ),
  );

export const ApiStopEmails = (): MethodDecorator =>
  applyDecorators(
    ApiOperation({
      operationId: 'stopEmails',
      summary: 'Stop emails about conversions with a link',
      description: 'Mail programs send it with one click (RFC 8058). The body is ignored.',
    }),
    ApiToken(),
    ApiOkResponse(PAGE),
    ApiProblems('validation_failed', 'link_invalid', 'database_unavailable'),
  );
