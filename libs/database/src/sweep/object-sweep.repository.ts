import { Injectable } from '@nestjs/common';
import { Database } from '../connection/database.js';

/** A confirmation lasts for one round of all slices and an hour. */
const CONFIRMED_FOR = '25 hours';

export interface SweepSlice {
  /** Counts from 0. */
  readonly number: number;
  /** Objects that this round has looked at and removed so far, in earlier slices. */
  readonly seen: number;
  readonly removed: number;
  /** An operator agreed that a large share of the objects is removed. */
  readonly isConfirmed: boolean;
}

export interface SweepState {
  /** The identity of this database, which the store must carry too. */
  readonly identity: string;
  readonly isAdopting: boolean;
  /** Orphans that the last sweep found but did not remove, because they were too many; else 0. */
  readonly heldBack: number;
}

/** Remembers which store belongs to this database, and how far the sweep of its objects is. */
@Injectable()
export class ObjectSweepRepository {
  constructor(private readonly database: Database) {}

  async state(): Promise<SweepState> {
    const [state] = await this.database.rows<SweepState>(
      `SELECT identity, is_adopting AS "isAdopting", held_back AS "heldBack" FROM object_sweep`,
    );
    if (state === undefined) throw new Error('The table object_sweep has lost its row');
    return state;
  }

  async hasJobs(): Promise<boolean> {
    return (await this.database.rows('SELECT 1 FROM conversion_jobs LIMIT 1')).length > 0;
  }

  /** Takes the next slice if it is due. Of several processes that ask, one gets it. */
  async takeSlice(slices: number, intervalSeconds: number): Promise<SweepSlice | null> {
    const [slice] = await this.database.rows<SweepSlice>(
      `UPDATE object_sweep
       SET next_slice = (next_slice + 1) % $1::int,
           next_slice_at = now() + make_interval(secs => $2),
           seen = CASE next_slice WHEN 0 THEN 0 ELSE seen END,
           removed = CASE next_slice WHEN 0 THEN 0 ELSE removed END
       WHERE next_slice_at <= now() AND (held_back = 0 OR confirmed_at > now() - interval '${CONFIRMED_FOR}')
       RETURNING (next_slice + $1::int - 1) % $1::int AS number, seen, removed,
         coalesce(confirmed_at > now() - interval '${CONFIRMED_FOR}', false) AS "isConfirmed"`,
      [slices, intervalSeconds],
    );
    return slice ?? null;
  }

  async record(seen: number, removed: number): Promise<void> {
    await this.database.rows('UPDATE object_sweep SET seen = seen + $1, removed = removed + $2', [seen, removed]);
  }

  /** Stops the sweep until somebody confirms it. */
  async holdBack(orphans: number): Promise<void> {
    await this.database.rows('UPDATE object_sweep SET held_back = $1', [orphans]);
  }

  /** Lets the next round remove what was held back. */
  async confirm(): Promise<void> {
    await this.database.rows(
      'UPDATE object_sweep SET held_back = 0, confirmed_at = now(), next_slice = 0, next_slice_at = now()',
    );
  }

  /** Makes the next sweep write the identity of this database into the store, or records that it was written. */
  async setAdopting(isAdopting: boolean): Promise<void> {
    await this.database.rows('UPDATE object_sweep SET is_adopting = $1', [isAdopting]);
  }
}
