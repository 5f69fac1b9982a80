import { Module } from '@nestjs/common';
import { ConversionJobRepository } from './jobs/conversion-job.repository.js';
import { createDataSource } from './connection/data-source.js';
import { Database } from './connection/database.js';
import { DatabaseEnv } from './connection/database.env.js';
import { DatabaseHealth } from './connection/database-health.js';
import { DispatchRepository } from './jobs/dispatch.repository.js';
import { LeaseRepository } from './jobs/lease.repository.js';
import { ObjectOwnerRepository } from './jobs/object-owner.repository.js';
import { OutboxRepository } from './outbox/outbox.repository.js';
import { ReconcileRepository } from './jobs/reconcile.repository.js';
import { UserRepository } from './users/user.repository.js';

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
