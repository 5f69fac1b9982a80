import { applyDecorators } from '@nestjs/common';
import {
  ApiBody,
  ApiConsumes,
  ApiCreatedResponse,
  ApiOAuth2,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { ChangeProfileDto } from './change-profile.dto.js';
import { ACCOUNT } from '../openapi/account-scheme.js';
import { ApiProblems, RATE_LIMIT_HEADERS } from '../openapi/problems.decorator.js';
import { AccessTokenDto } from './access-token.dto.js';
import { UserDto } from './user.dto.js';

const OF_BODIES = ['validation_failed', 'payload_too_large', 'unsupported_media_type'] as const;

export const ApiAccounts = (): ClassDecorator => ApiTags('accounts');

export const ApiRegister = (): MethodDecorator =>
  applyDecorators(
    ApiOperation({
      operationId: 'register',
      summary: 'Create an account',
      description: 'Usernames and email addresses are unique; upper and lower case are the same.',
    }),
    ApiCreatedResponse({ description: 'The account.', type: UserDto, headers: RATE_LIMIT_HEADERS }),
    ApiProblems(
      ...OF_BODIES,
      'registration_closed',
      'username_taken',
      'email_taken',
      'too_many_requests',
      'too_busy',
      'database_unavailable',
    ),
  );

export const ApiLogin = (): MethodDecorator =>
  applyDecorators(
    ApiOperation({
      operationId: 'login',
      summary: 'Sign in',
      description: 'Accepts JSON, or the form of OAuth2’s password grant (RFC 6749, section 4.3).',
    }),
    ApiConsumes('application/json', 'application/x-www-form-urlencoded'),
    ApiOkResponse({
      description: 'A token for the `Authorization` header.',
      type: AccessTokenDto,
      headers: RATE_LIMIT_HEADERS,
    }),
    ApiProblems(...OF_BODIES, 'invalid_credentials', 'too_many_requests', 'too_busy', 'database_unavailable'),
  );

export const ApiMe = (): MethodDecorator =>
  applyDecorators(
    ApiOAuth2([], ACCOUNT),
    ApiOperation({
      operationId: 'me',
      summary: 'Get your account',
      description: 'Returns the account of the access token.',
    }),
    ApiOkResponse({ description: 'The account.', type: UserDto }),
    ApiProblems('unauthorized', 'database_unavailable'),
  );

export const ApiChangeMe = (): MethodDecorator =>
  applyDecorators(
    ApiOAuth2([], ACCOUNT),
    ApiBody({ type: ChangeProfileDto, required: false }),
    ApiOperation({
      operationId: 'changeMe',
      summary: 'Change your account',
      description: 'Changes the given settings.',
    }),
    ApiOkResponse({ description: 'The account.', type: UserDto }),
    ApiProblems(...OF_BODIES, 'unauthorized', 'email_disabled', 'database_unavailable'),
  );

export const ApiChangePassword = (): MethodDecorator =>
  applyDecorators(
    ApiOAuth2([], ACCOUNT),
    ApiOperation({
      operationId: 'changePassword',
      summary: 'Change your password',
      description: 'Ends all access tokens of the account, also the one of this request, and returns a new one.',
    }),
    ApiOkResponse({ description: 'A new token.', type: AccessTokenDto, headers: RATE_LIMIT_HEADERS }),
    ApiProblems(
      ...OF_BODIES,
      'unauthorized',
      'password_incorrect',
      'too_many_requests',
      'too_busy',
      'database_unavailable',
    ),
  );
