import { ConfigModule, type Environment } from '@app/config';
import { DatabaseModule, ProcessConnections } from '@app/database';
import { MessagingModule } from '@app/messaging';
import { HealthModule, LoggingModule } from '@app/observability';
import { StorageModule } from '@app/storage';
import { Module, type DynamicModule } from '@nestjs/common';
import { BrokerHealth } from './broker-health.js';
import { ConversionModule } from './conversion/conversion.module.js';
import { TranscodingModule } from './transcoding/index.js';
import { WorkerHealth } from './worker-health.js';
import { WorkspaceHealth } from './workspace-health.js';

/** Claims and finishes are short: two connections serve all slots. The third one is that of the lock and the heartbeats. */
const CONNECTIONS = new ProcessConnections(2, 1);

@Module({})
export class WorkerModule {
  static forRoot(environment: Environment): DynamicModule {
    return {
      module: WorkerModule,
      imports: [
        ConfigModule.forRoot(environment),
        LoggingModule.forRoot('worker'),
        HealthModule,
        DatabaseModule,
        MessagingModule,
        StorageModule,
        ConversionModule,
        TranscodingModule,
      ],
      // Provides CONNECTIONS to the database module.
      global: true,
      exports: [ProcessConnections],
      providers: [{ provide: ProcessConnections, useValue: CONNECTIONS }, BrokerHealth, WorkerHealth, WorkspaceHealth],
    };
  }
}
