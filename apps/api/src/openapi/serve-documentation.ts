import { CoreEnv } from '@app/config';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { SwaggerModule } from '@nestjs/swagger';
import helmet from 'helmet';
import { apiDocument } from './api-document.js';

/**
 * What Swagger UI has for other APIs, and what would be in the way here: the bar opens other documents; the column of
 * links would not fit on a phone; of OAuth2's scopes and clients there are none, and in the dialog they push its buttons
 * out of sight.
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

const STYLE = `
  ${UNUSED} { display: none }
  /* Its buttons would stand beside the window of a phone. */
  .swagger-ui .opblock-section-header { flex-wrap: wrap }
`;

/** Serves the OpenAPI document at `/openapi.json` and Swagger UI at `/docs`. The document is made when it is first asked for. */
export function serveDocumentation(app: NestExpressApplication): void {
  app.use('/docs', uiPolicy());
  SwaggerModule.setup('docs', app, () => apiDocument(app), {
    raw: ['json'],
    jsonDocumentUrl: '/openapi.json',
    customSiteTitle: `${app.get(CoreEnv).APP_NAME}: API`,
    customCss: STYLE,
    swaggerOptions: {
      displayRequestDuration: true,
      tryItOutEnabled: true,
      // It would ask a server of Swagger's.
      validatorUrl: null,
    },
  });
}

/**
 * Swagger UI needs its own scripts, styles and pictures, and nothing from elsewhere. `upgrade-insecure-requests`, which
 * is one of helmet's defaults, would send the page to an https that is not there.
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
      // What was downloaded is offered as a link to a blob, and an MP3 is played from one.
      mediaSrc: ["'self'", 'blob:'],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
    },
  });
}
