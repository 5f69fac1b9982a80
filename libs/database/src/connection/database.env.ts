import { EnvInteger, EnvOneOf, EnvOptional, EnvText, type CrossChecked } from '@app/config';

export class DatabaseEnv implements CrossChecked {
  /** `postgresql://user:password@host:port/name`; SQLAlchemy's `postgresql+psycopg://` is accepted. */
  @EnvText()
  DATABASE_URL = '';

  /** Maximum size of each process's connection pool. Default: 10, or 2 for a worker. A worker opens one more connection for its lock. */
  @EnvOptional()
  @EnvInteger(2, 1000)
  DATABASE_POOL_SIZE?: number = undefined;

  /** Set to `transaction` if `DATABASE_URL` points to a connection pooler in transaction mode, such as PgBouncer. */
  @EnvOneOf(['none', 'transaction'])
  DATABASE_POOLER: 'none' | 'transaction' = 'none';

  get isBehindTransactionPooler(): boolean {
    return this.DATABASE_POOLER === 'transaction';
  }

  get connectionUrl(): string {
    return this.DATABASE_URL.replace(/^postgres(ql)?(\+\w+)?:/, 'postgresql:');
  }

  problems(): string[] {
    if (URL.canParse(this.connectionUrl) && this.connectionUrl.startsWith('postgresql://')) return [];
    return ['DATABASE_URL must look like postgresql://user:password@host:5432/name'];
  }
}
