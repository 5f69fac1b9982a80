import { EnvInteger, EnvOneOf } from '@app/config';

export class AuthEnv {
  /** The algorithm that signs access tokens. */
  @EnvOneOf(['HS256'])
  ALGORITHM = 'HS256' as const;

  /** How long an access token is valid. */
  @EnvInteger(1, 525_600)
  ACCESS_TOKEN_EXPIRE_MINUTES = 1440;

  /** `closed` rejects new accounts, except those that `npm run user:add` creates. */
  @EnvOneOf(['open', 'closed'])
  REGISTRATION: 'open' | 'closed' = 'open';

  get tokenLifetimeSeconds(): number {
    return this.ACCESS_TOKEN_EXPIRE_MINUTES * 60;
  }
}
