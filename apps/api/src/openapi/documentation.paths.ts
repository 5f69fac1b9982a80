import type { PathsObject } from './document-types.js';

/** The routes of the documentation itself, which no controller serves. */
export const DOCUMENTATION_PATHS: PathsObject = {
  '/openapi.json': {
    get: {
      tags: ['pages'],
      operationId: 'openapi',
      summary: 'Get the OpenAPI document',
      description: 'For client generators and tests.',
      responses: {
        200: {
          description: 'The document.',
          content: {
            'application/json': {
              schema: { type: 'object', description: 'An OpenAPI document.' },
              example: { openapi: '3.0.3' },
            },
          },
        },
      },
    },
  },
  '/docs': {
    get: {
      tags: ['pages'],
      operationId: 'docs',
      summary: 'Open Swagger UI',
      description: 'A page to try the API in a browser.',
      responses: {
        200: {
          description: 'The page.',
          content: { 'text/html': { schema: { type: 'string' }, example: '<!DOCTYPE html>' } },
        },
      },
    },
  },
};
