import type { ConversionFinished, ConversionFinishedFacts } from '@app/messaging';

export const NOTIFICATION_EVENTS = ['conversion.done', 'conversion.failed', 'conversion.canceled'] as const;
export type NotificationEvent = (typeof NOTIFICATION_EVENTS)[number];

const EVENT_OF_STATUS = {
  DONE: 'conversion.done',
  FAILED: 'conversion.failed',
  CANCELED: 'conversion.canceled',
} as const satisfies Record<ConversionFinishedFacts['status'], NotificationEvent>;

/** Returns what users call the event that a message tells of. */
export function notificationEventOf({ data }: ConversionFinished): NotificationEvent {
  return EVENT_OF_STATUS[data.status];
}
