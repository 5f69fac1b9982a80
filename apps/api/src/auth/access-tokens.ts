import { createSecretKey, type KeyObject } from 'node:crypto';
import type { User } from '@app/database';
import type { SecretKeyEnv } from '@app/secrets';
import { Injectable } from '@nestjs/common';
import { JwtService, type JwtModuleOptions } from '@nestjs/jwt';
import { AuthEnv } from './auth.env.js';

export const TOKEN_ISSUER = 'video-to-mp3';
export const TOKEN_AUDIENCE = 'video-to-mp3-api';

export type TokenOwner = Pick<User, 'id' | 'tokenVersion'>;

export interface AccessToken {
  readonly token: string;
  readonly lifetimeSeconds: number;
}

/** Returns the key as an object, made once: jsonwebtoken tries a text as a public key first, which costs more than all the rest. */
export function tokenKey({ SECRET_KEY }: SecretKeyEnv): KeyObject {
  return createSecretKey(Buffer.from(SECRET_KEY));
}

export function signingOptions(
  { ALGORITHM, tokenLifetimeSeconds }: AuthEnv,
  secretKey: SecretKeyEnv,
): JwtModuleOptions {
  return {
    secret: tokenKey(secretKey),
    signOptions: {
      algorithm: ALGORITHM,
      issuer: TOKEN_ISSUER,
      audience: TOKEN_AUDIENCE,
      expiresIn: tokenLifetimeSeconds,
    },
  };
}

/**
 * Issues access tokens. They name the user by id, and the version of the user's tokens, which a new password raises; the
 * rest is read when a token is used.
 */
@Injectable()
export class AccessTokens {
  constructor(
    private readonly jwt: JwtService,
    private readonly env: AuthEnv,
  ) {}

  async issue({ id, tokenVersion }: TokenOwner): Promise<AccessToken> {
    return {
      token: await this.jwt.signAsync({ token_version: tokenVersion }, { subject: String(id) }),
      lifetimeSeconds: this.env.tokenLifetimeSeconds,
    };
  }
}
