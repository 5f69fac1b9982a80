import { DatabaseHealth } from '@app/database';
import { DomainError } from '@app/domain';
import { AmqpTransportStrategy, MessagePublisher } from '@app/messaging';
import { HealthRegistry } from '@app/observability';
import { Injectable } from '@nestjs/common';

/** Reports what this notifier needs in order to deliver. */
@Injectable()
export class NotifierHealth {
  constructor(
    registry: HealthRegistry,
    database: DatabaseHealth,
    private readonly publisher: MessagePublisher,
    private readonly strategy: AmqpTransportStrategy,
  ) {
    registry.register('database', () => database.check());
    registry.register('broker', () => this.checkBroker());
  }

  private async checkBroker(): Promise<void> {
    await this.publisher.check();
    const { consuming, problem } = this.strategy.state;
    if (consuming) return;
    throw new DomainError('broker_unavailable', { message: problem ?? 'The queue is not consumed yet.' });
  }
}
