import { applyDecorators } from '@nestjs/common';
import { ApiExcludeEndpoint, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiRefusals } from '../openapi/refusals.decorator.js';

export const ApiPages = (): ClassDecorator => ApiTags('pages');

export const ApiPage = (): MethodDecorator =>
  applyDecorators(
    ApiOperation({
      operationId: 'page',
      summary: 'The page for people',
      description: 'Sign in, upload videos, listen to the MP3s and download them, in a browser.',
    }),
    ApiOkResponse({
      description: 'The page.',
      content: { 'text/html': { schema: { type: 'string' }, example: '<!doctype html>' } },
    }),
    ApiRefusals(),
  );

/** Scripts, styles and pictures are no part of the API. */
export const ApiPartOfPage = (): MethodDecorator => ApiExcludeEndpoint();
