import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { PoolClient } from 'pg';
import type { DataSource, ObjectLiteral, QueryRunner } from 'typeorm';
import { databaseUnavailable, isUnavailable } from './database-errors.js';

/**
 * The one way to PostgreSQL. Connects when first needed and again after a failure, so that a process can start
 * without its database; every call is bounded in time; a database that cannot serve is a retryable
 * `database_unavailable`, and then the outcome of a writing statement is unknown.
 */
@Injectable()
export class Database implements OnApplicationShutdown {
  private connecting: Promise<unknown> | undefined;
  private isClosed = false;

  constructor(private readonly dataSource: DataSource) {}

  /** Runs one statement and returns its rows (of an UPDATE or DELETE: what it returns). */
  async rows<T extends ObjectLiteral>(sql: string, parameters: readonly unknown[] = []): Promise<T[]> {
    return this.use((runner) => rowsOf<T>(runner, sql, parameters));
  }

  /** Runs the work in one transaction, which ends by itself if this process freezes in it. */
  async transaction<T>(work: (runner: QueryRunner) => Promise<T>): Promise<T> {
    return this.use(async (runner) => {
      await runner.startTransaction();
      try {
        const result = await work(runner);
        await runner.commitTransaction();
        return result;
      } catch (error) {
        // A connection that is lost or timed out is dropped, and its transaction with it: waiting for it would double the bound.
        const canRollBack = runner.isTransactionActive && !runner.isReleased && !isUnavailable(error);
        if (canRollBack) await runner.rollbackTransaction().catch(() => undefined);
        throw error;
      }
    });
  }

  /** Gives the work one connection. */
  async use<T>(work: (runner: QueryRunner) => Promise<T>): Promise<T> {
    let runner: QueryRunner | undefined;
    try {
      await this.connect();
      runner = this.dataSource.createQueryRunner();
      const client = (await runner.connect()) as PoolClient;
      return await work(runner).catch((error: unknown) => {
        // The statement may still be running: this connection must not serve anybody else.
        if (isUnavailable(error)) client.emit('error', error);
        throw error;
      });
    } catch (error) {
      throw isUnavailable(error) ? databaseUnavailable(error) : error;
    } finally {
      await runner?.release();
    }
  }

  async onApplicationShutdown(): Promise<void> {
    this.isClosed = true;
    await this.connecting?.catch(() => undefined);
    if (this.dataSource.isInitialized) await this.dataSource.destroy();
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

/** The rows of a statement on a connection that is already held. */
export async function rowsOf<T extends ObjectLiteral>(
  runner: QueryRunner,
  sql: string,
  parameters: readonly unknown[] = [],
): Promise<T[]> {
  const result = await runner.query(sql, [...parameters], true);
  return result.records as T[];
}
