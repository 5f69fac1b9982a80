import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Pool, PoolClient } from 'pg';
import type { DataSource, ObjectLiteral, QueryRunner } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver.js';
import { databaseUnavailable, isLimitExceeded, isUnavailable } from './database-errors.js';
import type { PreparedStatement } from './prepared-statement.js';
import type { ServerLimits } from './server-limits.js';

/**
 * The only way to PostgreSQL. It connects on first use and again after a failure, so a process can start without its
 * database. Every call is bounded in time. A database that cannot serve is a retryable `database_unavailable`, and then
 * the outcome of a writing statement is unknown.
 */
@Injectable()
export class Database implements OnApplicationShutdown {
  private connecting: Promise<unknown> | undefined;
  private isClosed = false;

  /** The limits are set in each transaction: behind a transaction pooler a session cannot keep them. */
  constructor(
    private readonly dataSource: DataSource,
    private readonly transactionLimits: ServerLimits | null = null,
  ) {}

  /** Runs one statement and returns its rows (for an UPDATE or DELETE: the rows that it returns). */
  async rows<T extends ObjectLiteral>(sql: string, parameters: readonly unknown[] = []): Promise<T[]> {
    return this.use((runner) => rowsOf<T>(runner, sql, parameters));
  }

  /**
   * Runs a statement of a hot path and returns its rows. Each connection parses and plans it once, and TypeORM's query
   * runner is left out: for the status of a job, both together cost more than the rest of the request. Behind a
   * transaction pooler, where a connection can change between two statements, it is an ordinary statement.
   */
  async prepared<T extends ObjectLiteral>(
    statement: PreparedStatement,
    parameters: readonly unknown[] = [],
  ): Promise<T[]> {
    if (this.transactionLimits !== null) return this.rows<T>(statement.text, parameters);
    try {
      if (!this.dataSource.isInitialized || this.isClosed) await this.connect();
      // The pool drops the connection of a failed statement, which may still be running.
      return (await this.pool.query<T>({ ...statement, values: [...parameters] })).rows;
    } catch (error) {
      throw isUnavailable(error) ? databaseUnavailable(error) : error;
    }
  }

  /** Runs the work on one connection. */
  async use<T>(work: (runner: QueryRunner) => Promise<T>): Promise<T> {
    return this.transactionLimits === null ? this.withConnection(work) : this.transaction(work);
  }

  /** Runs the work in one transaction, which the server ends if this process freezes in it. */
  async transaction<T>(work: (runner: QueryRunner) => Promise<T>): Promise<T> {
    return this.withConnection(async (runner) => {
      await runner.startTransaction();
      try {
        await this.setTransactionLimits(runner);
        const result = await work(runner);
        await runner.commitTransaction();
        return result;
      } catch (error) {
        // A lost connection is dropped, and its transaction with it: waiting for the rollback would double the time limit.
        const canRollBack = runner.isTransactionActive && !runner.isReleased && isAnswered(error);
        if (canRollBack) await runner.rollbackTransaction().catch(() => undefined);
        throw error;
      }
    });
  }

  async onApplicationShutdown(): Promise<void> {
    this.isClosed = true;
    await this.connecting?.catch(() => undefined);
    if (this.dataSource.isInitialized) await this.dataSource.destroy();
  }

  private async setTransactionLimits(runner: QueryRunner): Promise<void> {
    if (this.transactionLimits === null) return;
    const limits = Object.entries(this.transactionLimits);
    const settings = limits.map(([name, ms]) => `set_config('${name}', '${ms}', true)`);
    await rowsOf(runner, `SELECT ${settings.join(', ')}`);
  }

  protected async withConnection<T>(work: (runner: QueryRunner) => Promise<T>): Promise<T> {
    let runner: QueryRunner | undefined;
    try {
      await this.connect();
      runner = this.dataSource.createQueryRunner();
      const client = (await runner.connect()) as PoolClient;
      return await work(runner).catch((error: unknown) => {
        // The statement may still be running: no other caller must get this connection.
        if (!isAnswered(error)) client.emit('error', error);
        throw error;
      });
    } catch (error) {
      throw isUnavailable(error) ? databaseUnavailable(error) : error;
    } finally {
      await runner?.release();
    }
  }

  private get pool(): Pool {
    return (this.dataSource.driver as PostgresDriver).master as Pool;
  }

  private async connect(): Promise<void> {
    if (this.isClosed) throw databaseUnavailable(new Error('The pool is closed'));
    if (this.dataSource.isInitialized) return;
    this.connecting ??= this.dataSource.initialize().finally(() => {
      this.connecting = undefined;
    });
    await this.connecting;
  }
}

/** Returns the rows of a statement on a connection that the caller holds. */
export async function rowsOf<T extends ObjectLiteral>(
  runner: QueryRunner,
  sql: string,
  parameters: readonly unknown[] = [],
): Promise<T[]> {
  const result = await runner.query(sql, [...parameters], true);
  return result.records as T[];
}

function isAnswered(error: unknown): boolean {
  return !isUnavailable(error) || isLimitExceeded(error);
}
