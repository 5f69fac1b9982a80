import { EnvInteger } from '@app/config';

export class NotificationEnv {
  /** Events that one notifier records, and deliveries of each channel that it makes, at a time. */
  @EnvInteger(1, 1000)
  NOTIFIER_CONCURRENCY = 20;
}
