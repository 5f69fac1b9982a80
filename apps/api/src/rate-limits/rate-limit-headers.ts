import type { RateLimit, RateLimitState } from '@app/database';
import type { Response } from 'express';

/**
 * Adds one policy and its state to the headers of https://www.ietf.org/archive/id/draft-ietf-httpapi-ratelimit-headers-10.html:
 * `RateLimit-Policy: "login";q=100;w=900` and `RateLimit: "login";r=99;t=9`.
 */
export function addRateLimitHeaders(response: Response, policy: string, limit: RateLimit, state: RateLimitState): void {
  response.append('RateLimit-Policy', `"${policy}";q=${limit.limit};w=${limit.windowSeconds}`);
  response.append('RateLimit', `"${policy}";r=${state.remaining};t=${state.resetSeconds}`);
}
