import pg from 'pg';
import { waitFor } from '@app/testing';

/**
 * Holds one job's row, so that a statement of the subject waits in the server: with its connection cut in that time, it
 * takes effect after the row is let go, and its answer reaches nobody.
 */
export class HeldRow {
  private constructor(private readonly client: pg.Client) {}

  static async take(databaseUrl: string, jobId: string): Promise<HeldRow> {
    const client = new pg.Client({ connectionString: databaseUrl });
    // A test that fails leaves it to the database's end.
    client.on('error', () => undefined);
    await client.connect();
    await client.query('BEGIN');
    await client.query('SELECT FROM conversion_jobs WHERE id = $1 FOR UPDATE', [jobId]);
    return new HeldRow(client);
  }

  /** Resolves once so many statements wait for the row. */
  async awaited(count = 1): Promise<void> {
    await waitFor(
      async () => {
        // Within a transaction the view shows what it showed first.
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
