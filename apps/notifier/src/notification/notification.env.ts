import { EnvInteger, EnvOptional, EnvText, type CrossChecked } from '@app/config';

export class NotificationEnv implements CrossChecked {
  /** How many events one notifier records at a time, and how many deliveries it makes at a time on each channel. */
  @EnvInteger(1, 1000)
  NOTIFIER_CONCURRENCY = 20;

  /** The address at which users reach the service, such as `https://mp3.example.org`. Used for links in emails and webhooks. */
  @EnvOptional()
  @EnvText()
  PUBLIC_URL?: string = undefined;

  problems(): string[] {
    if (this.PUBLIC_URL === undefined) return [];
    const isWeb = URL.canParse(this.PUBLIC_URL) && /^https?:$/.test(new URL(this.PUBLIC_URL).protocol);
    return isWeb ? [] : ['PUBLIC_URL must look like https://mp3.example.org'];
  }
}
