/** What a user's webhooks can be called for. */
export const NOTIFICATION_EVENTS = ['conversion.done', 'conversion.failed', 'conversion.canceled'] as const;
export type NotificationEvent = (typeof NOTIFICATION_EVENTS)[number];
