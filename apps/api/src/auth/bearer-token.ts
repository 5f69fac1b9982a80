import type { IncomingHttpHeaders } from 'node:http';

/** Many times the length of a token of this service. */
const MAX_HEADER_CHARACTERS = 2048;
/** The scheme in any case, and the token: https://www.rfc-editor.org/rfc/rfc6750#section-2.1 */
const BEARER = /^Bearer +(\S+) *$/i;

export function bearerToken({ authorization = '' }: IncomingHttpHeaders): string | null {
  return authorization.length > MAX_HEADER_CHARACTERS ? null : (BEARER.exec(authorization)?.[1] ?? null);
}
