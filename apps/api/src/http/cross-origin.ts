import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NextFunction, Request, Response } from 'express';

/** Accepted by the routes. A script of another origin needs permission for each of them. */
const METHODS = ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE'];
const REQUEST_HEADERS = [
  'Authorization',
  'Content-Type',
  'Range',
  'If-Range',
  'If-None-Match',
  'If-Modified-Since',
  'X-Request-Id',
];
/** Browsers hide all others from a script of another origin, except a few such as Content-Type. */
const RESPONSE_HEADERS = [
  'Accept-Ranges',
  'Allow',
  'Content-Disposition',
  'Content-Length',
  'Content-Range',
  'ETag',
  'Location',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'WWW-Authenticate',
  'X-Request-Id',
];
/** The longest that Chromium remembers permissions. */
const PREFLIGHT_SECONDS = 7200;

/** Reads CORS_ORIGINS; undefined if an entry is not an origin exactly as browsers send it. */
export function allowedOrigins(text: string): string[] | undefined {
  const origins = text.split(',').map((origin) => origin.trim());
  return origins.every(isOrigin) ? origins : undefined;
}

function isOrigin(text: string): boolean {
  return /^https?:[^*]+$/.test(text) && URL.canParse(text) && new URL(text).origin === text;
}

/**
 * Lets scripts of other origins use the API. They send the access token as a header: cookies are never part of it, so
 * credentials in the sense of CORS stay forbidden. The headers of every answer are set before anything can reject a request.
 */
export function allowOrigins(app: NestExpressApplication, origins: readonly string[]): void {
  if (origins.length === 0) return;
  app.use(varyByOrigin);
  app.enableCors({
    // `false` leaves a request alone; a list would also answer the preflight requests of other origins.
    origin: (origin, answer) => answer(null, origin !== undefined && origins.includes(origin) ? origin : false),
    methods: METHODS,
    allowedHeaders: REQUEST_HEADERS,
    exposedHeaders: RESPONSE_HEADERS,
    maxAge: PREFLIGHT_SECONDS,
  });
}

/** A cache must not give the answer for one origin to another, nor to a request without one. */
function varyByOrigin(_request: Request, response: Response, next: NextFunction): void {
  response.vary('Origin');
  next();
}
