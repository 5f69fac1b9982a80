import pg from 'pg';

export interface JobRow {
  readonly id: string;
  readonly status: string;
  readonly error: string | null;
  readonly attempt: number;
  readonly max_attempts: number;
  readonly revision: number;
  readonly lease_token: string | null;
  readonly output_key: string | null;
  readonly output_sha256: string | null;
  readonly dispatched_at: Date | null;
}

/** Reads jobs from the database, independently of the service. */
export class JobRows {
  private readonly pool: pg.Pool;

  constructor(databaseUrl: string) {
    this.pool = new pg.Pool({ connectionString: databaseUrl, max: 2 });
    // Some tests stop the database while the connection is idle.
    this.pool.on('error', () => undefined);
  }

  async all(): Promise<JobRow[]> {
    return this.query('SELECT * FROM conversion_jobs ORDER BY created_at');
  }

  async one(id: string): Promise<JobRow> {
    const [row] = await this.query<JobRow>('SELECT * FROM conversion_jobs WHERE id = $1', [id]);
    if (row === undefined) throw new Error(`There is no job ${id}`);
    return row;
  }

  async query<T extends pg.QueryResultRow>(sql: string, parameters: unknown[] = []): Promise<T[]> {
    return (await this.pool.query<T>(sql, parameters)).rows;
  }

  async close(): Promise<void> {
    await this.pool.end();
  }
}
