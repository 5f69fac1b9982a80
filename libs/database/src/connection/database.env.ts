import { EnvInteger, EnvText, type CrossChecked } from '@app/config';

export class DatabaseEnv implements CrossChecked {
  /** `postgresql://user:password@host:port/name`; SQLAlchemy's `postgresql+psycopg://` is accepted. */
  @EnvText()
  DATABASE_URL = '';

  /** Connections that one process may hold open. */
  @EnvInteger(2, 1000)
  DATABASE_POOL_SIZE = 10;

  get connectionUrl(): string {
    return this.DATABASE_URL.replace(/^postgres(ql)?(\+\w+)?:/, 'postgresql:');
  }

  problems(): string[] {
    if (URL.canParse(this.connectionUrl) && this.connectionUrl.startsWith('postgresql://')) return [];
    return ['DATABASE_URL must look like postgresql://user:password@host:5432/name'];
  }
}
