import { AmqpTransportStrategy } from '@app/messaging';
import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { Shutdown } from './shutdown.js';

/** On shutdown, ends what runs and hands the rest back: to the queue, or to the next notifier. */
@Injectable()
export class NotifierLifecycle implements BeforeApplicationShutdown {
  private readonly logger = new Logger(NotifierLifecycle.name);

  constructor(
    private readonly consumer: AmqpTransportStrategy,
    private readonly shutdown: Shutdown,
  ) {}

  async beforeApplicationShutdown(): Promise<void> {
    this.consumer.pause();
    this.shutdown.begin();
    await this.consumer.drained();
    this.logger.log('Shut down');
  }
}
