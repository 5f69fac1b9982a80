import type { User } from '@app/database';
import { SecretKeyEnv } from '@app/secrets';
import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import type { Request } from 'express';
import { Strategy } from 'passport-jwt';
import { TOKEN_AUDIENCE, TOKEN_ISSUER, tokenKey } from './access-tokens.js';
import { AuthEnv } from './auth.env.js';
import { KnownUsers } from './known-users.js';

const MAX_USER_ID = 2 ** 31 - 1;
/** Many times the length of a token of this service. */
const MAX_HEADER_CHARACTERS = 2048;
/** The scheme in any case, and the token: https://www.rfc-editor.org/rfc/rfc6750#section-2.1 */
const BEARER = /^Bearer +(\S+) *$/i;

@Injectable()
export class JwtStrategy extends PassportStrategy(Strategy) {
  constructor(
    { ALGORITHM }: AuthEnv,
    secretKey: SecretKeyEnv,
    private readonly users: KnownUsers,
  ) {
    const key: unknown = tokenKey(secretKey);
    super({
      jwtFromRequest: bearerToken,
      // passport-jwt's types know texts and buffers only; it hands the key to jsonwebtoken, which takes key objects.
      secretOrKeyProvider: (_request, _token, done) => done(null, key as Buffer),
      algorithms: [ALGORITHM],
      issuer: TOKEN_ISSUER,
      audience: TOKEN_AUDIENCE,
      ignoreExpiration: false,
    });
  }

  /** The library has verified signature, issuer, audience and expiry; this verifies what it does not require. */
  async validate(payload: { readonly sub?: unknown; readonly exp?: unknown }): Promise<User | null> {
    // A token without an expiry would be valid for ever.
    if (typeof payload.exp !== 'number' || typeof payload.sub !== 'string') return null;
    const userId = /^[1-9]\d{0,9}$/.test(payload.sub) ? Number(payload.sub) : Infinity;
    return userId <= MAX_USER_ID ? this.users.find(userId) : null;
  }
}

function bearerToken({ headers: { authorization = '' } }: Request): string | null {
  return authorization.length > MAX_HEADER_CHARACTERS ? null : (BEARER.exec(authorization)?.[1] ?? null);
}
