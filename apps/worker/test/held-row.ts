import pg from 'pg';
import { waitFor } from '@app/testing';

/**
 * Locks one job's row, so that a statement of the subject waits in the server. If its connection is cut meanwhile, the
 * statement takes effect after the row is released, and its answer is lost.
 */
export class HeldRow {
  private constructor(private readonly client: pg.Client) {}

  static async take(databaseUrl: string, jobId: string): Promise<HeldRow> {
    const client = new pg.Client({ connectionString: databaseUrl });
    // After a failed test it ends with the database.
    client.on('error', () => undefined);
    await client.connect();
    await client.query('BEGIN');
    await client.query('SELECT FROM conversion_jobs WHERE id = $1 FOR UPDATE', [jobId]);
    return new HeldRow(client);
  }

  /** Resolves when this many statements wait for the row. */
  async awaited(count = 1): Promise<void> {
    await waitFor(
      async () => {
        // Within a transaction the view keeps its first content.
        await this.client.query('SELECT pg_stat_clear_snapshot()');
        const { rows } = await this.client.query<{ waiting: number }>(
          `SELECT count(*)::int AS waiting FROM pg_stat_activity
           WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%conversion_jobs%'`,
        );
        return (rows[0]?.waiting ?? 0) >= count;
      },
      { what: 'a statement that waits for the row' },
    );
  }

  async letGo(): Promise<void> {
    await this.client.query('COMMIT');
    await this.client.end();
  }
}
