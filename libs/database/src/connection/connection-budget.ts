import { Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import pRetry from 'p-retry';
import type { Database } from './database.js';

const RETRY = { retries: Number.POSITIVE_INFINITY, minTimeout: 1_000, maxTimeout: 30_000, unref: true };

/** Superusers and, since PostgreSQL 16, roles with a privilege have connections reserved for them. */
const READ_CONNECTIONS = `
  SELECT current_setting('max_connections')::int AS maximum,
    current_setting('superuser_reserved_connections')::int
      + coalesce(current_setting('reserved_connections', true)::int, 0) AS reserved,
    (SELECT count(*)::int FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()) AS used`;

/** Warns at the start of a process if PostgreSQL has too few connections left for it. */
export class ConnectionBudget implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(ConnectionBudget.name);
  private readonly shutdown = new AbortController();

  constructor(
    private readonly database: Pick<Database, 'rows'>,
    /** The most connections that the process opens. */
    private readonly needed: number,
  ) {}

  /** Does not wait for the database: a process can start before it. */
  onApplicationBootstrap(): void {
    void pRetry(() => this.check(), { ...RETRY, signal: this.shutdown.signal }).catch(() => undefined);
  }

  onApplicationShutdown(): void {
    this.shutdown.abort();
  }

  async check(): Promise<void> {
    const [row] = await this.database.rows<{ maximum: number; reserved: number; used: number }>(READ_CONNECTIONS);
    if (row === undefined || row.maximum - row.reserved - row.used >= this.needed) return;
    this.logger.warn(
      `PostgreSQL allows ${row.maximum} connections (${row.reserved} of them reserved) and ${row.used} are in use, but this process needs up to ${this.needed}. Raise max_connections, or run fewer processes.`,
    );
  }
}
