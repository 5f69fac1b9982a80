import type { Server } from 'node:http';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Application, NextFunction, Request, Response } from 'express';
import helmet from 'helmet';
import { capConnections, defaultMaxConnections } from './connection-cap.js';
import { closeSlowConnections } from './connection-floor.js';
import { continueOnDemand } from './continue-on-demand.js';
import { allowedOrigins, allowOrigins } from './cross-origin.js';
import { HttpEnv } from './http.env.js';
import { answerRawProblems } from './raw-problems.js';
import { trustedProxies } from './trusted-proxies.js';
import { receiveUnusableHeaders, rejectUnusableHeaders } from './unusable-headers.js';

/** Longer than the 60 s that proxies keep an idle connection: the proxy is the one that closes it. */
const KEEP_ALIVE_MS = 65_000;

/** Express's function that returns whether it trusts the proxy at an address and a number of hops. */
type TrustFunction = (address: string, hop: number) => boolean;

/** Configures the server, and what every answer has in common. */
export function configureHttp(app: NestExpressApplication): void {
  app.disable('etag');
  // Queries are flat: no nested objects out of brackets.
  app.set('query parser', 'simple');
  app.use(
    helmet({
      contentSecurityPolicy: {
        useDefaults: false,
        directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
      },
      // The proxy that terminates TLS decides about it.
      strictTransportSecurity: false,
    }),
  );
  app.use(forbidStoring);
  allowOrigins(app, allowedOrigins(app.get(HttpEnv).CORS_ORIGINS ?? '') ?? []);
  app.use(rejectUnusableHeaders);
  configureServer(app.getHttpServer());
  limitConnections(app);
}

function configureServer(server: Server): void {
  // Uploads can take hours; they have a minimum pace of their own. Headers keep Node's timeout.
  server.requestTimeout = 0;
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  continueOnDemand(server);
  receiveUnusableHeaders(server);
  answerRawProblems(server);
}

function limitConnections(app: NestExpressApplication): void {
  const { TRUST_PROXY, MAX_CONNECTIONS, MAX_CONNECTIONS_PER_ADDRESS } = app.get(HttpEnv);
  app.set('trust proxy', trustedProxies(TRUST_PROXY) ?? 0);
  const express: Application = app.getHttpAdapter().getInstance();
  const isTrusted = express.get('trust proxy fn') as TrustFunction;
  const server: Server = app.getHttpServer();
  closeSlowConnections(server);
  capConnections(server, {
    maxPerAddress: MAX_CONNECTIONS_PER_ADDRESS,
    max: MAX_CONNECTIONS ?? defaultMaxConnections(),
    isTrustedProxy: (address) => isTrusted(address, 0),
  });
}

function forbidStoring(_request: Request, response: Response, next: NextFunction): void {
  response.setHeader('Cache-Control', 'no-store');
  next();
}
