import { DataSource } from 'typeorm';
import { ConversionJob } from '../jobs/conversion-job.entity.js';
import type { DatabaseEnv } from './database.env.js';
import { Source } from '../jobs/source.entity.js';
import { MIGRATIONS } from '../migrations/index.js';
import { DeliveryAttempt } from '../notifications/delivery-attempt.entity.js';
import { Delivery } from '../notifications/delivery.entity.js';
import { Webhook } from '../notifications/webhook.entity.js';
import { OutboxEvent } from '../outbox/outbox-event.entity.js';
import { User } from '../users/user.entity.js';
import { Worker } from '../workers/worker.entity.js';
import { ProcessConnections } from './process-connections.js';
import { serverLimits } from './server-limits.js';

/** Milliseconds. pg waits for ever by default, both for a connection and for an answer. */
export interface DatabaseTimeouts {
  readonly connectMs: number;
  readonly queryMs: number;
}

export const DEFAULT_TIMEOUTS: DatabaseTimeouts = { connectMs: 3_000, queryMs: 5_000 };

export function createDataSource(
  env: DatabaseEnv,
  timeouts: DatabaseTimeouts = DEFAULT_TIMEOUTS,
  poolSize = new ProcessConnections().defaultPoolSize,
): DataSource {
  return new DataSource({
    type: 'postgres',
    url: env.connectionUrl,
    entities: [User, Source, ConversionJob, OutboxEvent, Webhook, Delivery, DeliveryAttempt, Worker],
    migrations: MIGRATIONS,
    synchronize: false,
    installExtensions: false,
    // The caller logs a failed query with its cause; TypeORM's own logger would print parameters.
    logging: false,
    poolSize: env.DATABASE_POOL_SIZE ?? poolSize,
    connectTimeoutMS: timeouts.connectMs,
    extra: {
      query_timeout: timeouts.queryMs,
      // A transaction pooler rejects them at the start of a session: there, each transaction sets them.
      ...(!env.isBehindTransactionPooler && serverLimits(timeouts.queryMs)),
      keepAlive: true,
    },
  });
}
