import { DatabaseHealth } from '@app/database';
import { HealthRegistry } from '@app/observability';
import { ObjectStorage } from '@app/storage';
import { Injectable } from '@nestjs/common';
import { BrokerHealth } from './broker-health.js';
import { Sandbox, type SandboxWay } from './transcoding/index.js';

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
    registry.register('sandbox', () => Promise.resolve(`${sandbox.way}: ${CONTAINMENT[sandbox.way]}`));
  }
}

const CONTAINMENT: Record<SandboxWay, string> = {
  namespaces: 'ffmpeg has no network: it runs in a network namespace of its own.',
  'seccomp+landlock': 'ffmpeg has no network: it may not open sockets. It may use no files but its own.',
  seccomp: 'ffmpeg has no network: it may not open sockets.',
  none: 'ffmpeg can reach the network: neither user namespaces nor a system call filter can be used here.',
};
