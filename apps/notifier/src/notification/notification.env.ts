import { EnvInteger } from '@app/config';

export class NotificationEnv {
  /** How many events one notifier records at a time, and how many deliveries it makes at a time on each channel. */
  @EnvInteger(1, 1000)
  NOTIFIER_CONCURRENCY = 20;
}
