import { OwnerLock } from '@app/database';
import { DomainError } from '@app/domain';
import { AmqpTransportStrategy, MessagePublisher } from '@app/messaging';
import { Injectable } from '@nestjs/common';

/** The broker is well once this worker consumes; the lock comes first. */
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
      : 'The worker waits for its lock in the database.';
    throw new DomainError('broker_unavailable', { message: problem ?? waitsFor });
  }
}
