import { DatabaseHealth } from '@app/database';
import { HealthRegistry } from '@app/observability';
import { ObjectStorage } from '@app/storage';
import { Injectable } from '@nestjs/common';
import { BrokerHealth } from './broker-health.js';
import { Sandbox } from './ffmpeg/index.js';

/** Says what this worker needs in order to convert. */
@Injectable()
export class WorkerHealth {
  constructor(
    registry: HealthRegistry,
    database: DatabaseHealth,
    broker: BrokerHealth,
    storage: ObjectStorage,
    sandbox: Sandbox,
  ) {
    registry.register('database', () => database.check());
    registry.register('broker', () => broker.check());
    registry.register('storage', () => storage.check());
    registry.register('sandbox', () => Promise.resolve(describe(sandbox)));
  }
}

function describe({ network }: Sandbox): string {
  return network === 'namespace'
    ? 'ffmpeg has no network: it runs in a network namespace of its own.'
    : 'ffmpeg can reach the network: this machine refuses user namespaces.';
}
