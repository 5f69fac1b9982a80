import { Module } from '@nestjs/common';
import { ConversionJobRepository } from './conversion-job.repository.js';
import { createDataSource } from './data-source.js';
import { Database } from './database.js';
import { DatabaseEnv } from './database.env.js';
import { DatabaseHealth } from './database-health.js';
import { DispatchRepository } from './dispatch.repository.js';
import { LeaseRepository } from './lease.repository.js';
import { ObjectOwnerRepository } from './object-owner.repository.js';
import { OutboxRepository } from './outbox.repository.js';
import { ReconcileRepository } from './reconcile.repository.js';
import { UserRepository } from './user.repository.js';

const REPOSITORIES = [
  ConversionJobRepository,
  DispatchRepository,
  LeaseRepository,
  ObjectOwnerRepository,
  OutboxRepository,
  ReconcileRepository,
  UserRepository,
];

@Module({
  providers: [
    { provide: Database, inject: [DatabaseEnv], useFactory: (env: DatabaseEnv) => new Database(createDataSource(env)) },
    DatabaseHealth,
    ...REPOSITORIES,
  ],
  exports: [Database, DatabaseHealth, ...REPOSITORIES],
})
export class DatabaseModule {}
