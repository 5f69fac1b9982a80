import { EnvInteger, EnvOneOf } from '@app/config';

export class AuthEnv {
  /** The algorithm that signs access tokens. */
  @EnvOneOf(['HS256'])
  ALGORITHM = 'HS256' as const;

  /** The lifetime of an access token, in minutes. */
  @EnvInteger(1, 525_600)
  ACCESS_TOKEN_EXPIRE_MINUTES = 1440;

  /** `closed` disables sign-up; `npm run user:add` still adds accounts. */
  @EnvOneOf(['open', 'closed'])
  REGISTRATION: 'open' | 'closed' = 'open';

  get tokenLifetimeSeconds(): number {
    return this.ACCESS_TOKEN_EXPIRE_MINUTES * 60;
  }
}
