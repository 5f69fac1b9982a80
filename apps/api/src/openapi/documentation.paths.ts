import type { PathsObject } from './document-types.js';

/** The addresses of the documentation itself, which no controller serves. */
export const DOCUMENTATION_PATHS: PathsObject = {
  '/openapi.json': {
    get: {
      tags: ['pages'],
      operationId: 'openapi',
      summary: 'This document',
      description: 'The OpenAPI document of the service, for generators of clients and for tests.',
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
      summary: 'This page',
      description: 'The API for people who want to try it: Swagger UI.',
      responses: {
        200: {
          description: 'The page.',
          content: { 'text/html': { schema: { type: 'string' }, example: '<!DOCTYPE html>' } },
        },
      },
    },
  },
};
