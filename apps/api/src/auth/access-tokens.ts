import { createSecretKey } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { JwtService, type JwtModuleOptions } from '@nestjs/jwt';
import { AuthEnv } from './auth.env.js';

const ISSUER = 'video-to-mp3';
const AUDIENCE = 'video-to-mp3-api';
const MAX_USER_ID = 2 ** 31 - 1;

export interface AccessToken {
  readonly token: string;
  readonly lifetimeSeconds: number;
}

export function tokenOptions({ SECRET_KEY, ALGORITHM, tokenLifetimeSeconds }: AuthEnv): JwtModuleOptions {
  return {
    // An object, made once: jsonwebtoken tries a text as a public key first, which costs more than all the rest.
    secret: createSecretKey(Buffer.from(SECRET_KEY)),
    signOptions: { algorithm: ALGORITHM, issuer: ISSUER, audience: AUDIENCE, expiresIn: tokenLifetimeSeconds },
    verifyOptions: { algorithms: [ALGORITHM], issuer: ISSUER, audience: AUDIENCE },
  };
}

/** Issues and verifies access tokens. Their one claim about a user is the id; the rest is read when a token is used. */
@Injectable()
export class AccessTokens {
  constructor(
    private readonly jwt: JwtService,
    private readonly env: AuthEnv,
  ) {}

  async issue(userId: number): Promise<AccessToken> {
    return {
      token: await this.jwt.signAsync({}, { subject: String(userId) }),
      lifetimeSeconds: this.env.tokenLifetimeSeconds,
    };
  }

  /** Returns the id of the user that a token was issued to, or null if the token is not valid now. */
  async userIdOf(token: string): Promise<number | null> {
    const claims = await this.verified(token);
    // A token without an expiry would be valid for ever.
    if (typeof claims?.exp !== 'number' || typeof claims.sub !== 'string') return null;
    const userId = /^[1-9]\d{0,9}$/.test(claims.sub) ? Number(claims.sub) : Infinity;
    return userId <= MAX_USER_ID ? userId : null;
  }

  private async verified(token: string): Promise<{ readonly sub?: unknown; readonly exp?: unknown } | null> {
    try {
      return await this.jwt.verifyAsync<object>(token);
    } catch {
      return null;
    }
  }
}
