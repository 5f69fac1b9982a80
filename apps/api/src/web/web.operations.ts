import { applyDecorators } from '@nestjs/common';
import { ApiExcludeEndpoint, ApiHeader, ApiOkResponse, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { HeadersObject } from '../openapi/document-types.js';
import { ApiProblems } from '../openapi/problems.decorator.js';

const VALIDATOR: HeadersObject = {
  ETag: {
    description: 'Changes with the page.',
    required: true,
    schema: { type: 'string' },
    example: '"n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg"',
  },
};

export const ApiPages = (): ClassDecorator => ApiTags('pages');

export const ApiPage = (): MethodDecorator =>
  applyDecorators(
    ApiOperation({
      operationId: 'page',
      summary: 'The web page',
      description: 'Sign in, upload videos, and play or download the MP3s in a browser.',
    }),
    ApiHeader({
      name: 'If-None-Match',
      description: 'The ETag of the cached page: the answer is 304 if it has not changed.',
      required: false,
      schema: { type: 'string' },
    }),
    ApiOkResponse({
      description: 'The page.',
      headers: VALIDATOR,
      content: { 'text/html': { schema: { type: 'string' }, example: '<!doctype html>' } },
    }),
    ApiResponse({ status: 304, description: 'The cached page has not changed.', headers: VALIDATOR }),
    ApiProblems(),
  );

/** Scripts, styles and pictures are not part of the API. */
export const ApiPartOfPage = (): MethodDecorator => ApiExcludeEndpoint();
