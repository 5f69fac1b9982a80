import { UserRepository, type User } from '@app/database';
import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import type { Request } from 'express';
import { ExtractJwt, Strategy } from 'passport-jwt';
import { TOKEN_AUDIENCE, TOKEN_ISSUER } from './access-tokens.js';
import { AuthEnv } from './auth.env.js';

const MAX_USER_ID = 2 ** 31 - 1;
/** Many times the length of a token of this service. Parsing takes quadratic time in the length of the header. */
const MAX_HEADER_CHARACTERS = 2048;

const extractBearerToken = ExtractJwt.fromAuthHeaderAsBearerToken();

@Injectable()
export class JwtStrategy extends PassportStrategy(Strategy) {
  constructor(
    env: AuthEnv,
    private readonly users: UserRepository,
  ) {
    super({
      jwtFromRequest: (request: Request) =>
        (request.headers.authorization ?? '').length <= MAX_HEADER_CHARACTERS ? extractBearerToken(request) : null,
      secretOrKey: env.SECRET_KEY,
      algorithms: [env.ALGORITHM],
      issuer: TOKEN_ISSUER,
      audience: TOKEN_AUDIENCE,
      ignoreExpiration: false,
    });
  }

  /** The library has verified signature, issuer, audience and expiry; this verifies what it does not require. */
  async validate(payload: { readonly sub?: unknown; readonly exp?: unknown }): Promise<User | null> {
    // A token without an expiry would be valid forever.
    if (typeof payload.exp !== 'number' || typeof payload.sub !== 'string') return null;
    const userId = /^[1-9]\d{0,9}$/.test(payload.sub) ? Number(payload.sub) : Infinity;
    return userId <= MAX_USER_ID ? this.users.findById(userId) : null;
  }
}
