import { EnvInteger, EnvOneOf, EnvText, type CrossChecked } from '@app/config';

const MIN_SECRET_BYTES = 32;
const MIN_DISTINCT_CHARACTERS = 8;
/** Long words only: a random key must never match by chance. */
const SAMPLE_SECRET =
  /change.?(me|this|it|in)|replace.?(me|this|it)|secret.?key|super.?secret|example|placeholder|password/i;

export class AuthEnv implements CrossChecked {
  /** Signs access tokens; at least 32 random bytes. Whoever knows it can sign in as anybody. */
  @EnvText()
  SECRET_KEY = '';

  /** The signature of access tokens. */
  @EnvOneOf(['HS256'])
  ALGORITHM = 'HS256' as const;

  /** How long an access token is valid. */
  @EnvInteger(1, 525_600)
  ACCESS_TOKEN_EXPIRE_MINUTES = 1440;

  /** `closed` rejects new accounts, except those that `npm run user:add` creates. */
  @EnvOneOf(['open', 'closed'])
  REGISTRATION: 'open' | 'closed' = 'open';

  problems(isProduction: boolean): string[] {
    if (!isProduction) return [];
    if (Buffer.byteLength(this.SECRET_KEY) < MIN_SECRET_BYTES) {
      return [
        `SECRET_KEY must have at least ${MIN_SECRET_BYTES} bytes in production, for example from: openssl rand -hex 32`,
      ];
    }
    const isGuessable = SAMPLE_SECRET.test(this.SECRET_KEY) || new Set(this.SECRET_KEY).size < MIN_DISTINCT_CHARACTERS;
    return isGuessable
      ? ['SECRET_KEY is a sample value: set a random one, for example from: openssl rand -hex 32']
      : [];
  }

  get tokenLifetimeSeconds(): number {
    return this.ACCESS_TOKEN_EXPIRE_MINUTES * 60;
  }
}
