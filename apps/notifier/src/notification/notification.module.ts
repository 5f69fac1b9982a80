import { DatabaseModule, DeliveryRepository, UserRepository, WebhookRepository } from '@app/database';
import { AmqpTransportStrategy, MP3_QUEUE, MessagingEnv } from '@app/messaging';
import { SecretBox, SecretKeyEnv, WEBHOOK_SECRETS } from '@app/secrets';
import { Module } from '@nestjs/common';
import { WebhookModule } from '../webhook/webhook.module.js';
import { DeliveryLoops } from './delivery-loops.js';
import { NotificationConsumer } from './notification.consumer.js';
import { NotificationEnv } from './notification.env.js';
import { NotifierLifecycle } from './notifier-lifecycle.js';
import { RecordDeliveriesUseCase } from './record-deliveries.use-case.js';
import { Shutdown } from './shutdown.js';
import { WebhookDeliveries } from './webhook-deliveries.js';
import { WebhookTargets } from './webhook-targets.js';

@Module({
  imports: [DatabaseModule, WebhookModule],
  controllers: [NotificationConsumer],
  providers: [
    { provide: AmqpTransportStrategy, inject: [MessagingEnv, NotificationEnv], useFactory: strategy },
    {
      provide: WebhookTargets,
      inject: [WebhookRepository, UserRepository, DeliveryRepository, SecretKeyEnv],
      useFactory: webhookTargets,
    },
    {
      provide: DeliveryLoops,
      inject: [DeliveryRepository, WebhookDeliveries, NotificationEnv],
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
): WebhookTargets {
  return new WebhookTargets(webhooks, users, deliveries, new SecretBox(SECRET_KEY, WEBHOOK_SECRETS));
}

function deliveryLoops(
  deliveries: DeliveryRepository,
  webhooks: WebhookDeliveries,
  { NOTIFIER_CONCURRENCY }: NotificationEnv,
): DeliveryLoops {
  return new DeliveryLoops(deliveries, [webhooks], NOTIFIER_CONCURRENCY);
}
