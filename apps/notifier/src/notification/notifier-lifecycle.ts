import { CoreEnv } from '@app/config';
import { AmqpTransportStrategy } from '@app/messaging';
import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { DeliveryLoops } from './delivery-loops.js';
import { Shutdown } from './shutdown.js';

/** Starts the deliveries. On shutdown, waits for running ones within the grace period, and leaves the rest to others. */
@Injectable()
export class NotifierLifecycle implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(NotifierLifecycle.name);

  constructor(
    private readonly core: CoreEnv,
    private readonly loops: DeliveryLoops,
    private readonly consumer: AmqpTransportStrategy,
    private readonly shutdown: Shutdown,
  ) {}

  onApplicationBootstrap(): void {
    this.loops.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.consumer.pause();
    this.shutdown.begin();
    await Promise.all([this.consumer.drained(), this.loops.stop(this.core.DRAIN_SECONDS * 1000)]);
    this.logger.log('Shut down');
  }
}
