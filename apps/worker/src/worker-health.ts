import { DatabaseHealth } from '@app/database';
import { HealthRegistry } from '@app/observability';
import { ObjectStorage } from '@app/storage';
import { Injectable } from '@nestjs/common';
import { BrokerHealth } from './broker-health.js';
import { ChosenSandbox } from './conversion/chosen-sandbox.js';

/** Says what this worker needs in order to convert. */
@Injectable()
export class WorkerHealth {
  constructor(
    registry: HealthRegistry,
    database: DatabaseHealth,
    broker: BrokerHealth,
    storage: ObjectStorage,
    { description }: ChosenSandbox,
  ) {
    registry.register('database', () => database.check());
    registry.register('broker', () => broker.check());
    registry.register('storage', () => storage.check());
    registry.register('sandbox', () => Promise.resolve(description));
  }
}
