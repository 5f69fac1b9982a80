import { DatabaseModule } from '@app/database';
import { AmqpTransportStrategy, MP3_QUEUE, MessagingEnv } from '@app/messaging';
import { Module } from '@nestjs/common';
import { NotificationConsumer } from './notification.consumer.js';
import { NotificationEnv } from './notification.env.js';
import { NotifierLifecycle } from './notifier-lifecycle.js';
import { RecordDeliveriesUseCase } from './record-deliveries.use-case.js';
import { Shutdown } from './shutdown.js';

@Module({
  imports: [DatabaseModule],
  controllers: [NotificationConsumer],
  providers: [
    { provide: AmqpTransportStrategy, inject: [MessagingEnv, NotificationEnv], useFactory: strategy },
    NotifierLifecycle,
    RecordDeliveriesUseCase,
    Shutdown,
  ],
  exports: [AmqpTransportStrategy],
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
