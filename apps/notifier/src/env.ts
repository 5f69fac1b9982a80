import { CoreEnv } from '@app/config';
import { DatabaseEnv } from '@app/database';
import { FailpointsEnv } from '@app/failpoints';
import { MessagingEnv } from '@app/messaging';
import { NotificationEnv } from './notification/notification.env.js';

/** Everything that a notifier reads from its environment. */
export const NOTIFIER_ENVIRONMENT = [CoreEnv, DatabaseEnv, MessagingEnv, FailpointsEnv, NotificationEnv] as const;
