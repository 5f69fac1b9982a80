import { randomUUID } from 'node:crypto';
import {
  ConversionJob,
  type Database,
  DatabaseEnv,
  IntakeRepository,
  UserRepository,
  createDatabase,
  runMigrations,
  type DatabaseTimeouts,
  type User,
} from '@app/database';
import { createTestDatabase } from './test-database.js';

/** A migrated database for one test file, with methods to fill and read it. */
export class DatabaseFixture {
  private readonly opened: Database[] = [];
  readonly database: Database;

  private constructor(
    readonly env: DatabaseEnv,
    private readonly drop: () => Promise<void>,
  ) {
    this.database = this.connect();
  }

  static async create(): Promise<DatabaseFixture> {
    const { url, drop } = await createTestDatabase();
    const env = databaseEnv(url);
    await runMigrations(env);
    return new DatabaseFixture(env, drop);
  }

  /** Opens another pool, like another process; through a proxy if a URL is given. */
  connect(url = this.env.DATABASE_URL, timeouts?: DatabaseTimeouts): Database {
    const database = createDatabase(databaseEnv(url), timeouts && { timeouts });
    this.opened.push(database);
    return database;
  }

  async aUser(): Promise<User> {
    const username = `user-${randomUUID()}`;
    return new UserRepository(this.database).create({ username, email: null, passwordHash: 'not a hash' });
  }

  /** Creates a PENDING job that is due, then sets the given columns. */
  async aJob(user: Pick<User, 'id'>, columns: Readonly<Record<string, unknown>> = {}): Promise<string> {
    const id = randomUUID();
    await new IntakeRepository(this.database).create({
      id,
      userId: user.id,
      sourceKey: `source/${id}`,
      sourceFilename: 'clip.mp4',
      sourceSize: 1000,
      sourceFormat: 'mp4',
      maxAttempts: 5,
      requestId: 'request-1',
      traceparent: null,
    });
    await this.change(id, columns);
    return id;
  }

  /** Sets columns by their SQL names; a value `{ sql }` is an expression. */
  async change(id: string, columns: Readonly<Record<string, unknown>>): Promise<void> {
    const names = Object.keys(columns);
    if (names.length === 0) return;
    const parameters: unknown[] = [id];
    const assignments = names.map((name) => `${name} = ${expression(columns[name], parameters)}`);
    await this.database.rows(`UPDATE conversion_jobs SET ${assignments.join(', ')} WHERE id = $1`, parameters);
  }

  async read(id: string): Promise<ConversionJob> {
    return this.database.use(({ manager }) => manager.findOneByOrFail(ConversionJob, { id }));
  }

  /** Returns how many connections wait for a lock that another one holds. */
  async lockWaiters(): Promise<number> {
    const [row] = await this.database.rows<{ count: number }>(
      `SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    return row?.count ?? 0;
  }

  async remove(): Promise<void> {
    await Promise.all(this.opened.map((database) => database.onApplicationShutdown()));
    await this.drop();
  }
}

/** An SQL expression as the value of a column. */
export function sql(text: string): { sql: string } {
  return { sql: text };
}

function expression(value: unknown, parameters: unknown[]): string {
  if (typeof value === 'object' && value !== null && 'sql' in value) return String(value.sql);
  parameters.push(value);
  return `$${parameters.length}`;
}

function databaseEnv(url: string): DatabaseEnv {
  return Object.assign(new DatabaseEnv(), { DATABASE_URL: url });
}
