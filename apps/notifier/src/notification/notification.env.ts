import { EnvInteger, EnvOptional, EnvText, type CrossChecked } from '@app/config';

export class NotificationEnv implements CrossChecked {
  /** Events that one notifier records, and deliveries of each channel that it makes, at a time. */
  @EnvInteger(1, 1000)
  NOTIFIER_CONCURRENCY = 20;

  /** Where users reach the service, such as `https://mp3.example.org`: for links in e-mails and webhooks. */
  @EnvOptional()
  @EnvText()
  PUBLIC_URL?: string = undefined;

  problems(): string[] {
    if (this.PUBLIC_URL === undefined) return [];
    const isWeb = URL.canParse(this.PUBLIC_URL) && /^https?:$/.test(new URL(this.PUBLIC_URL).protocol);
    return isWeb ? [] : ['PUBLIC_URL must look like https://mp3.example.org'];
  }
}
