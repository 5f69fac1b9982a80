import { DatabaseHealth } from '@app/database';
import { HealthRegistry } from '@app/observability';
import { ObjectStorage } from '@app/storage';
import { Injectable } from '@nestjs/common';
import { BrokerHealth } from './broker-health.js';
import { Sandbox, type SandboxLayer } from './transcoding/index.js';

/** Registers the health checks of what this worker needs to convert. */
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
    registry.register('sandbox', () => Promise.resolve(containment(sandbox.layers)));
  }
}

const CONTAINMENT: Record<SandboxLayer, string> = {
  'network-namespace': 'It has no network.',
  'mount-namespace': 'It sees only its own files.',
  seccomp: 'It can open no sockets, start no processes and signal none.',
  landlock: 'It can use only its own files.',
};

function containment(layers: readonly SandboxLayer[]): string {
  if (layers.length === 0) {
    return 'none: ffmpeg can reach the network: neither user namespaces nor a system call filter can be used here.';
  }
  const missing = layers.some((layer) => layer === 'landlock' || layer === 'mount-namespace')
    ? ''
    : ' It can read files that it does not need: neither Landlock nor a mount namespace can be used here.';
  return `${layers.join('+')}: ffmpeg is contained. ${layers.map((layer) => CONTAINMENT[layer]).join(' ')}${missing}`;
}
