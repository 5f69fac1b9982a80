import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Application } from 'express';

export const DOCS_SESSION_PATH = '/docs/session.js';

/**
 * Keeps a visitor of Swagger UI signed in when the page is reloaded, until the tab is closed. Swagger UI's own option
 * `persistAuthorization` would write the password into localStorage, where it stays; this keeps the access token only.
 */
const SCRIPT = `
'use strict';
const KEY = 'docs-authorization';

window.addEventListener('load', () => {
  const { ui } = window;
  const saved = sessionStorage.getItem(KEY);
  if (saved !== null) ui.authActions.restoreAuthorization({ authorized: JSON.parse(saved) });
  ui.getStore().subscribe(() => {
    const authorized = Object.entries(ui.authSelectors.authorized()?.toJS() ?? {});
    const tokens = authorized.map(([scheme, { name, schema, token }]) => [scheme, { name, schema, token }]);
    if (tokens.length === 0) sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, JSON.stringify(Object.fromEntries(tokens)));
  });
});
`;

export function serveDocsSession(app: NestExpressApplication): void {
  const application: Application = app.getHttpAdapter().getInstance();
  application.get(DOCS_SESSION_PATH, (_request, response) => {
    response.type('text/javascript').send(SCRIPT);
  });
}
