import { UserRepository, type User } from '@app/database';
import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { ExtractJwt, Strategy } from 'passport-jwt';
import { TOKEN_AUDIENCE, TOKEN_ISSUER } from './access-tokens.js';
import { AuthEnv } from './auth.env.js';

const MAX_USER_ID = 2 ** 31 - 1;

@Injectable()
export class JwtStrategy extends PassportStrategy(Strategy) {
  constructor(
    env: AuthEnv,
    private readonly users: UserRepository,
  ) {
    super({
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      secretOrKey: env.SECRET_KEY,
      algorithms: [env.ALGORITHM],
      issuer: TOKEN_ISSUER,
      audience: TOKEN_AUDIENCE,
      ignoreExpiration: false,
    });
  }

  /** The signature, issuer, audience and expiry hold; what the library does not ask for is asked here. */
  async validate(payload: { readonly sub?: unknown; readonly exp?: unknown }): Promise<User | null> {
    // A token without an expiry would be good for ever.
    if (typeof payload.exp !== 'number' || typeof payload.sub !== 'string') return null;
    const userId = /^[1-9]\d{0,9}$/.test(payload.sub) ? Number(payload.sub) : Infinity;
    return userId <= MAX_USER_ID ? this.users.findById(userId) : null;
  }
}
