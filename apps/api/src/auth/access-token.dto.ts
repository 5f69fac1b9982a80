import type { AccessToken } from './access-tokens.js';

/** The shape of OAuth2's token response. */
export class AccessTokenDto {
  readonly access_token: string;
  readonly token_type = 'bearer';
  /** Seconds. */
  readonly expires_in: number;

  constructor(token: AccessToken) {
    this.access_token = token.token;
    this.expires_in = token.lifetimeSeconds;
  }
}
