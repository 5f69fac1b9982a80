import { OwnerLock } from '@app/database';
import { DomainError } from '@app/domain';
import { AmqpTransportStrategy, MessagePublisher } from '@app/messaging';
import { Injectable } from '@nestjs/common';

/** Reports the broker as available when this worker consumes, which it starts after taking its lock. */
@Injectable()
export class BrokerHealth {
  constructor(
    private readonly publisher: MessagePublisher,
    private readonly strategy: AmqpTransportStrategy,
    private readonly ownerLock: OwnerLock,
  ) {}

  async check(): Promise<void> {
    await this.publisher.check();
    const { consuming, problem } = this.strategy.state;
    if (consuming) return;
    const waitsFor = this.ownerLock.isHeld
      ? 'The queue is not consumed yet.'
      : 'The worker is waiting for its lock in the database.';
    throw new DomainError('broker_unavailable', { message: problem ?? waitsFor });
  }
}
