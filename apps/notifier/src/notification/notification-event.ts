import type { NotificationEvent } from '@app/domain';
import type { ConversionFinished, ConversionFinishedFacts } from '@app/messaging';

const EVENT_OF_STATUS = {
  DONE: 'conversion.done',
  FAILED: 'conversion.failed',
  CANCELED: 'conversion.canceled',
} as const satisfies Record<ConversionFinishedFacts['status'], NotificationEvent>;

/** Returns what users call the event that a message reports. */
export function notificationEventOf({ data }: ConversionFinished): NotificationEvent {
  return EVENT_OF_STATUS[data.status];
}
