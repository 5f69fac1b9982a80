import { EnvText, type CrossChecked } from '@app/config';

const MIN_SECRET_BYTES = 32;
const MIN_DISTINCT_CHARACTERS = 8;
/** Long words only: a random key must never match by chance. */
const SAMPLE_SECRET =
  /change.?(me|this|it|in)|replace.?(me|this|it)|secret.?key|super.?secret|example|placeholder|password/i;
const HOW_TO = 'for example from: openssl rand -hex 32';

export class SecretKeyEnv implements CrossChecked {
  /** Signs access tokens and encrypts the secrets of webhooks; at least 32 random bytes. Anyone who knows it can sign in as any user. */
  @EnvText()
  SECRET_KEY = '';

  problems(isProduction: boolean): string[] {
    if (!isProduction) return [];
    if (Buffer.byteLength(this.SECRET_KEY) < MIN_SECRET_BYTES) {
      return [`SECRET_KEY must have at least ${MIN_SECRET_BYTES} bytes in production, ${HOW_TO}`];
    }
    const isGuessable = SAMPLE_SECRET.test(this.SECRET_KEY) || new Set(this.SECRET_KEY).size < MIN_DISTINCT_CHARACTERS;
    return isGuessable ? [`SECRET_KEY is a sample value: set a random one, ${HOW_TO}`] : [];
  }
}
