import { Module } from '@nestjs/common';
import { ConnectionBudget } from './connection/connection-budget.js';
import { createDatabase } from './connection/create-database.js';
import { Database } from './connection/database.js';
import { DatabaseEnv } from './connection/database.env.js';
import { DatabaseHealth } from './connection/database-health.js';
import { DeliveryLogRepository } from './notifications/delivery-log.repository.js';
import { DeliveryRepository } from './notifications/delivery.repository.js';
import { DispatchRepository } from './jobs/dispatch.repository.js';
import { IntakeRepository } from './jobs/intake.repository.js';
import { JobListRepository } from './jobs/job-list.repository.js';
import { JobRemovalRepository } from './jobs/job-removal.repository.js';
import { LeaseRepository } from './jobs/lease.repository.js';
import { MailRepository } from './notifications/mail.repository.js';
import { OutboxRepository } from './outbox/outbox.repository.js';
import { RateLimitRepository } from './rate-limits/rate-limit.repository.js';
import { OwnedJobRepository } from './jobs/owned-job.repository.js';
import { ProcessConnections } from './connection/process-connections.js';
import { ReconciliationRepository } from './jobs/reconciliation.repository.js';
import { RetentionRepository } from './jobs/retention.repository.js';
import { ObjectSweepRepository } from './sweep/object-sweep.repository.js';
import { WebhookRepository } from './notifications/webhook.repository.js';
import { AccountEmailRepository } from './users/account-email.repository.js';
import { UserRepository } from './users/user.repository.js';
import { WorkerRepository } from './workers/worker.repository.js';

const REPOSITORIES = [
  AccountEmailRepository,
  WebhookRepository,
  DeliveryLogRepository,
  DeliveryRepository,
  DispatchRepository,
  IntakeRepository,
  JobListRepository,
  JobRemovalRepository,
  LeaseRepository,
  MailRepository,
  ObjectSweepRepository,
  OutboxRepository,
  RateLimitRepository,
  OwnedJobRepository,
  ReconciliationRepository,
  RetentionRepository,
  UserRepository,
  WorkerRepository,
];

const CONNECTIONS = { token: ProcessConnections, optional: true };

@Module({
  providers: [
    { provide: Database, inject: [DatabaseEnv, CONNECTIONS], useFactory: database },
    { provide: ConnectionBudget, inject: [Database, DatabaseEnv, CONNECTIONS], useFactory: connectionBudget },
    DatabaseHealth,
    ...REPOSITORIES,
  ],
  exports: [Database, DatabaseHealth, ...REPOSITORIES],
})
export class DatabaseModule {}

function database(env: DatabaseEnv, { defaultPoolSize } = new ProcessConnections()): Database {
  return createDatabase(env, { poolSize: defaultPoolSize });
}

function connectionBudget(
  pool: Database,
  env: DatabaseEnv,
  { defaultPoolSize, besidesPool } = new ProcessConnections(),
): ConnectionBudget {
  return new ConnectionBudget(pool, (env.DATABASE_POOL_SIZE ?? defaultPoolSize) + besidesPool);
}
