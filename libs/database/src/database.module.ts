import { Module } from '@nestjs/common';
import { createDataSource } from './connection/data-source.js';
import { Database } from './connection/database.js';
import { DatabaseEnv } from './connection/database.env.js';
import { DatabaseHealth } from './connection/database-health.js';
import { DeliveryRepository } from './notifications/delivery.repository.js';
import { DispatchRepository } from './jobs/dispatch.repository.js';
import { IntakeRepository } from './jobs/intake.repository.js';
import { LeaseRepository } from './jobs/lease.repository.js';
import { OutboxRepository } from './outbox/outbox.repository.js';
import { RateLimitRepository } from './rate-limits/rate-limit.repository.js';
import { OwnedJobRepository } from './jobs/owned-job.repository.js';
import { ReconciliationRepository } from './jobs/reconciliation.repository.js';
import { RetentionRepository } from './jobs/retention.repository.js';
import { ObjectSweepRepository } from './sweep/object-sweep.repository.js';
import { WebhookRepository } from './notifications/webhook.repository.js';
import { UserRepository } from './users/user.repository.js';
import { WorkerRepository } from './workers/worker.repository.js';

const REPOSITORIES = [
  WebhookRepository,
  DeliveryRepository,
  DispatchRepository,
  IntakeRepository,
  LeaseRepository,
  ObjectSweepRepository,
  OutboxRepository,
  RateLimitRepository,
  OwnedJobRepository,
  ReconciliationRepository,
  RetentionRepository,
  UserRepository,
  WorkerRepository,
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
