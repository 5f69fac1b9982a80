import { Module } from '@nestjs/common';
import { AmqpMessagePublisher } from './amqp-message-publisher.js';
import { MessagePublisher } from './message-publisher.js';
import { MessagingEnv } from './messaging.env.js';

/** Provides the MessagePublisher. Its connection opens with the module and closes last, after running jobs have ended. */
@Module({
  providers: [
    {
      provide: MessagePublisher,
      inject: [MessagingEnv],
      useFactory: ({ RABBITMQ_URL }: MessagingEnv) => new AmqpMessagePublisher({ url: RABBITMQ_URL }),
    },
  ],
  exports: [MessagePublisher],
})
export class MessagingModule {}
