import { CoreEnv, EmailEnv, PublicUrlEnv } from '@app/config';
import { DatabaseEnv } from '@app/database';
import { FailpointsEnv } from '@app/failpoints';
import { MessagingEnv } from '@app/messaging';
import { SecretKeyEnv } from '@app/secrets';
import { NotificationEnv } from './notification/notification.env.js';
import { WebhookEnv } from './webhook/webhook.env.js';

/** Everything that a notifier reads from its environment. */
export const NOTIFIER_ENVIRONMENT = [
  CoreEnv,
  DatabaseEnv,
  MessagingEnv,
  FailpointsEnv,
  SecretKeyEnv,
  PublicUrlEnv,
  NotificationEnv,
  EmailEnv,
  WebhookEnv,
] as const;
