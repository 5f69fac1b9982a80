import type { User } from '@app/database';
import { SecretKeyEnv } from '@app/secrets';
import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import type { Request } from 'express';
import { Strategy } from 'passport-jwt';
import { TOKEN_AUDIENCE, TOKEN_ISSUER, tokenKey } from './access-tokens.js';
import { AuthEnv } from './auth.env.js';
import { bearerToken } from './bearer-token.js';
import { KnownUsers } from './known-users.js';
import { VerifiedTokens } from './verified-tokens.js';

const MAX_USER_ID = 2 ** 31 - 1;

interface Claims {
  readonly sub?: unknown;
  readonly exp?: unknown;
  readonly token_version?: unknown;
}

@Injectable()
export class JwtStrategy extends PassportStrategy(Strategy) {
  constructor(
    { ALGORITHM }: AuthEnv,
    secretKey: SecretKeyEnv,
    private readonly users: KnownUsers,
    private readonly tokens: VerifiedTokens,
  ) {
    const key: unknown = tokenKey(secretKey);
    super({
      jwtFromRequest: ({ headers }: Request) => bearerToken(headers),
      passReqToCallback: true,
      // passport-jwt's types know texts and buffers only; it hands the key to jsonwebtoken, which takes key objects.
      secretOrKeyProvider: (_request, _token, done) => done(null, key as Buffer),
      algorithms: [ALGORITHM],
      issuer: TOKEN_ISSUER,
      audience: TOKEN_AUDIENCE,
      ignoreExpiration: false,
    });
  }

  /**
   * The library has verified signature, issuer, audience and expiry; this verifies what it does not require. Tokens of
   * earlier releases have no version: they are of the first.
   */
  async validate({ headers }: Request, { sub, exp, token_version: tokenVersion = 0 }: Claims): Promise<User | null> {
    // A token without an expiry would be valid for ever.
    if (typeof exp !== 'number' || typeof sub !== 'string' || typeof tokenVersion !== 'number') return null;
    const userId = /^[1-9]\d{0,9}$/.test(sub) ? Number(sub) : Infinity;
    if (userId > MAX_USER_ID) return null;
    const claims = { userId, tokenVersion, expiresAt: exp };
    this.tokens.add(bearerToken(headers) ?? '', claims);
    return this.users.findOwner(claims);
  }
}
