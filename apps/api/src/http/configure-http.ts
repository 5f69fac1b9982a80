import type { Server } from 'node:http';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NextFunction, Request, Response } from 'express';
import helmet from 'helmet';
import { continueOnDemand } from './continue-on-demand.js';
import { HttpEnv } from './http.env.js';
import { answerRawRefusals } from './raw-refusals.js';
import { trustedProxies } from './trusted-proxies.js';

/** Longer than the 60 s that proxies keep an idle connection: the proxy is the one that closes it. */
const KEEP_ALIVE_MS = 65_000;

/** What concerns every answer and the server as a whole, before the first route. */
export function configureHttp(app: NestExpressApplication): void {
  app.set('trust proxy', trustedProxies(app.get(HttpEnv).TRUST_PROXY) ?? 0);
  app.disable('etag');
  // Queries are flat here: no nested objects out of brackets.
  app.set('query parser', 'simple');
  app.use(
    helmet({
      contentSecurityPolicy: {
        useDefaults: false,
        directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
      },
      // Whoever ends TLS in front of this service decides about it.
      strictTransportSecurity: false,
    }),
  );
  app.use(forbidStoring);
  configureServer(app.getHttpServer());
}

function configureServer(server: Server): void {
  // Uploads may take hours; they have a floor of their own. Headers keep Node's bound.
  server.requestTimeout = 0;
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  continueOnDemand(server);
  answerRawRefusals(server);
}

function forbidStoring(_request: Request, response: Response, next: NextFunction): void {
  response.setHeader('Cache-Control', 'no-store');
  next();
}
