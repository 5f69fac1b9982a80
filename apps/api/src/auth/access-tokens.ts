import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { AuthEnv } from './auth.env.js';

export const TOKEN_ISSUER = 'video-to-mp3';
export const TOKEN_AUDIENCE = 'video-to-mp3-api';

export interface AccessToken {
  readonly token: string;
  readonly lifetimeSeconds: number;
}

@Injectable()
export class AccessTokens {
  constructor(
    private readonly jwt: JwtService,
    private readonly env: AuthEnv,
  ) {}

  /** The token carries only the user's id: everything else is read when the token is used. */
  async issue(userId: number): Promise<AccessToken> {
    return {
      token: await this.jwt.signAsync({}, { subject: String(userId) }),
      lifetimeSeconds: this.env.tokenLifetimeSeconds,
    };
  }
}
