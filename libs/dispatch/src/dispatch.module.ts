import { DatabaseModule } from '@app/database';
import { MessagingModule } from '@app/messaging';
import { Module } from '@nestjs/common';
import { Dispatcher } from './dispatcher.js';
import { OutboxRelay } from './outbox-relay.js';

@Module({
  imports: [DatabaseModule, MessagingModule],
  providers: [Dispatcher, OutboxRelay],
  exports: [Dispatcher, OutboxRelay],
})
export class DispatchModule {}
