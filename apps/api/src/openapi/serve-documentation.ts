import { CoreEnv } from '@app/config';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { SwaggerModule } from '@nestjs/swagger';
import type { NextFunction, Request, Response } from 'express';
import helmet from 'helmet';
import { apiDocument } from './api-document.js';
import { DOCS_SESSION_PATH, serveDocsSession } from './docs-session.js';

/**
 * Parts of Swagger UI that this API does not need: the bar opens other documents; the column of links does not fit on a
 * phone; there are no OAuth2 scopes or clients, and their fields push the buttons of the dialog out of sight.
 */
const UNUSED = [
  '.topbar',
  '.response-col_links',
  '.auth-container .scope-def',
  '.auth-container .wrapper:has(> [for=password_type])',
  '.auth-container .wrapper:has(> [for^=client_])',
]
  .map((part) => `.swagger-ui ${part}`)
  .join(', ');

const VIEWPORT = '<meta name="viewport" content="width=device-width, initial-scale=1">';

const STYLE = `
  ${UNUSED} { display: none }
  /* Otherwise its buttons overflow the window of a phone. */
  .swagger-ui .opblock-section-header { flex-wrap: wrap }
`;

/** Serves the OpenAPI document at `/openapi.json` and Swagger UI at `/docs`. The document is built on the first request. */
export function serveDocumentation(app: NestExpressApplication): void {
  app.use('/docs', uiPolicy(), addViewport);
  serveDocsSession(app);
  SwaggerModule.setup('docs', app, () => apiDocument(app), {
    raw: ['json'],
    jsonDocumentUrl: '/openapi.json',
    customSiteTitle: `${app.get(CoreEnv).APP_NAME}: API`,
    customCss: STYLE,
    customJs: DOCS_SESSION_PATH,
    swaggerOptions: {
      displayRequestDuration: true,
      tryItOutEnabled: true,
      // The default sends the document to a server of Swagger's.
      validatorUrl: null,
    },
  });
}

/** Adds to Nest's page for Swagger UI what makes it fit on a phone. */
function addViewport(_request: Request, response: Response, next: NextFunction): void {
  const send = response.send.bind(response);
  response.send = (body: unknown) =>
    send(typeof body === 'string' ? body.replace('<meta charset="UTF-8">', `$&\n  ${VIEWPORT}`) : body);
  next();
}

/**
 * Swagger UI needs its own scripts, styles and pictures, and nothing from other hosts. helmet's default
 * `upgrade-insecure-requests` would make the browser use https, which this server does not speak.
 */
function uiPolicy(): ReturnType<typeof helmet.contentSecurityPolicy> {
  return helmet.contentSecurityPolicy({
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'", "'unsafe-inline'"],
      imgSrc: ["'self'", 'data:'],
      connectSrc: ["'self'"],
      // A downloaded MP3 is offered as a link to a blob, and played from it.
      mediaSrc: ["'self'", 'blob:'],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
    },
  });
}
