import { Injectable } from '@nestjs/common';
import { Database } from '../connection/database.js';

/** A worker that was not seen for this long counts as gone. */
export const WORKER_GONE_AFTER_SECONDS = 15;
const FORGOTTEN_AFTER_SECONDS = 60;

/** Keeps the list of workers, from which the dispatchers read how many slots there are. */
@Injectable()
export class WorkerRepository {
  constructor(private readonly database: Database) {}

  /** Records that the worker exists now, and forgets those that are gone. Returns whether it is new. */
  async see(owner: string, slots: number): Promise<boolean> {
    const [row] = await this.database.rows<{ isNew: boolean }>(
      `WITH forgotten AS (
         DELETE FROM workers WHERE seen_at < now() - make_interval(secs => ${FORGOTTEN_AFTER_SECONDS}) AND owner <> $1
       )
       INSERT INTO workers (owner, slots, seen_at) VALUES ($1, $2, now())
       ON CONFLICT (owner) DO UPDATE SET slots = excluded.slots, seen_at = excluded.seen_at
       RETURNING (xmax = 0) AS "isNew"`,
      [owner, slots],
    );
    return row?.isNew ?? false;
  }

  async remove(owner: string): Promise<void> {
    await this.database.rows('DELETE FROM workers WHERE owner = $1', [owner]);
  }
}
