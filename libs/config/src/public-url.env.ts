import { EnvOptional, EnvText } from './env-fields.js';
import type { CrossChecked } from './environment.js';

export class PublicUrlEnv implements CrossChecked {
  /** The URL at which users reach the service, such as `https://mp3.example.org`. Used for links in emails and webhooks. */
  @EnvOptional()
  @EnvText()
  PUBLIC_URL?: string = undefined;

  /** The address without a slash at its end, to put paths after; null if it is not known. */
  get publicUrl(): string | null {
    return this.PUBLIC_URL?.replace(/\/+$/, '') ?? null;
  }

  problems(): string[] {
    if (this.PUBLIC_URL === undefined) return [];
    const isWeb = URL.canParse(this.PUBLIC_URL) && /^https?:$/.test(new URL(this.PUBLIC_URL).protocol);
    return isWeb ? [] : ['PUBLIC_URL must look like https://mp3.example.org'];
  }
}
