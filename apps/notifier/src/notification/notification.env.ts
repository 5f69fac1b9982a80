import { EnvInteger } from '@app/config';

export class NotificationEnv {
  /** The number of events that one notifier records at a time, and of deliveries that it makes at a time on each channel. */
  @EnvInteger(1, 1000)
  NOTIFIER_CONCURRENCY = 20;
}
