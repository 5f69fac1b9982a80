import { EmailEnv, PublicUrlEnv } from '@app/config';
import { DatabaseModule, DeliveryRepository, MailRepository, UserRepository, WebhookRepository } from '@app/database';
import { AmqpTransportStrategy, MP3_QUEUE, MessagingEnv } from '@app/messaging';
import {
  SecretBox,
  SecretKeyEnv,
  SignedTokens,
  UNSUBSCRIBE_LINKS,
  VERIFICATION_LINKS,
  WEBHOOK_SECRETS,
  type UnsubscribeClaims,
  type VerificationClaims,
} from '@app/secrets';
import { Module } from '@nestjs/common';
import { EmailModule } from '../email/email.module.js';
import { Mailer } from '../email/mailer.js';
import { WebhookModule } from '../webhook/webhook.module.js';
import { DeliveryLoops } from './delivery-loops.js';
import { EmailDeliveries } from './email-deliveries.js';
import { MailComposer } from './mail-composer.js';
import { NotificationConsumer } from './notification.consumer.js';
import { NotificationEnv } from './notification.env.js';
import { NotifierLifecycle } from './notifier-lifecycle.js';
import { RecordDeliveriesUseCase } from './record-deliveries.use-case.js';
import { Shutdown } from './shutdown.js';
import { WebhookDeliveries } from './webhook-deliveries.js';
import { WebhookTargets } from './webhook-targets.js';

@Module({
  imports: [DatabaseModule, EmailModule, WebhookModule],
  controllers: [NotificationConsumer],
  providers: [
    { provide: AmqpTransportStrategy, inject: [MessagingEnv, NotificationEnv], useFactory: strategy },
    {
      provide: WebhookTargets,
      inject: [WebhookRepository, UserRepository, DeliveryRepository, SecretKeyEnv, EmailEnv],
      useFactory: webhookTargets,
    },
    {
      provide: MailComposer,
      inject: [UserRepository, MailRepository, SecretKeyEnv, PublicUrlEnv, EmailEnv],
      useFactory: mailComposer,
    },
    { provide: EmailDeliveries, inject: [MailRepository, MailComposer, Mailer], useFactory: emailDeliveries },
    {
      provide: DeliveryLoops,
      inject: [DeliveryRepository, WebhookDeliveries, EmailDeliveries, NotificationEnv],
      useFactory: deliveryLoops,
    },
    NotifierLifecycle,
    RecordDeliveriesUseCase,
    Shutdown,
    WebhookDeliveries,
  ],
  exports: [AmqpTransportStrategy, DeliveryLoops],
})
export class NotificationModule {}

function strategy({ RABBITMQ_URL }: MessagingEnv, { NOTIFIER_CONCURRENCY }: NotificationEnv): AmqpTransportStrategy {
  return new AmqpTransportStrategy({
    url: RABBITMQ_URL,
    queue: MP3_QUEUE,
    prefetch: NOTIFIER_CONCURRENCY,
    connectionName: 'notifier consumer',
  });
}

function webhookTargets(
  webhooks: WebhookRepository,
  users: UserRepository,
  deliveries: DeliveryRepository,
  { SECRET_KEY }: SecretKeyEnv,
  emailEnv: EmailEnv,
): WebhookTargets {
  return new WebhookTargets(webhooks, users, deliveries, new SecretBox(SECRET_KEY, WEBHOOK_SECRETS), emailEnv);
}

function mailComposer(
  users: UserRepository,
  mails: MailRepository,
  { SECRET_KEY }: SecretKeyEnv,
  { publicUrl }: PublicUrlEnv,
  { senderHost }: EmailEnv,
): MailComposer {
  const signers = {
    unsubscribe: new SignedTokens<UnsubscribeClaims>(SECRET_KEY, UNSUBSCRIBE_LINKS),
    verification: new SignedTokens<VerificationClaims>(SECRET_KEY, VERIFICATION_LINKS),
  };
  return new MailComposer(users, mails, signers, { publicUrl, host: senderHost });
}

/** Returns null if email is disabled. */
function emailDeliveries(mails: MailRepository, composer: MailComposer, mailer: Mailer | null): EmailDeliveries | null {
  return mailer === null ? null : new EmailDeliveries(mails, composer, mailer);
}

function deliveryLoops(
  deliveries: DeliveryRepository,
  webhooks: WebhookDeliveries,
  emails: EmailDeliveries | null,
  { NOTIFIER_CONCURRENCY }: NotificationEnv,
): DeliveryLoops {
  const senders = emails === null ? [webhooks] : [webhooks, emails];
  return new DeliveryLoops(deliveries, senders, NOTIFIER_CONCURRENCY);
}
