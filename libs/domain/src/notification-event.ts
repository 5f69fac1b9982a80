/** The events that webhooks can subscribe to. */
export const NOTIFICATION_EVENTS = ['conversion.done', 'conversion.failed', 'conversion.canceled'] as const;
export type NotificationEvent = (typeof NOTIFICATION_EVENTS)[number];
