import { DatabaseHealth } from '@app/database';
import { MessagePublisher, VIDEO_QUEUE } from '@app/messaging';
import { HealthRegistry } from '@app/observability';
import { ObjectStorage } from '@app/storage';
import { DomainError } from '@app/domain';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { StoreIdentity } from './maintenance/store-identity.js';

/** Reports the state of the services that the API needs, and whether any worker would convert accepted videos. */
@Injectable()
export class Readiness implements OnModuleInit {
  constructor(
    private readonly health: HealthRegistry,
    private readonly database: DatabaseHealth,
    private readonly publisher: MessagePublisher,
    private readonly storage: ObjectStorage,
    private readonly storeIdentity: StoreIdentity,
  ) {}

  onModuleInit(): void {
    this.health.register('database', () => this.database.check());
    this.health.register('broker', () => this.publisher.check());
    this.health.register('storage', () => this.storage.check());
    this.health.register('stored_objects', () => this.storeIdentity.check(), { required: false });
    this.health.register('workers', () => this.checkWorkers(), { required: false });
  }

  private async checkWorkers(): Promise<string> {
    const { consumers } = await this.publisher.queueState(VIDEO_QUEUE);
    if (consumers === 0) {
      throw new DomainError('broker_unavailable', {
        message: 'No worker is connected. Uploads wait until one is.',
      });
    }
    return consumers === 1 ? '1 worker is connected.' : `${consumers} workers are connected.`;
  }
}
