import { Injectable } from '@nestjs/common';
import { Database } from '../connection/database.js';

/** A token bucket: `limit` at once, and one more each `windowSeconds / limit`. */
export interface RateLimit {
  readonly limit: number;
  readonly windowSeconds: number;
}

export interface RateLimitState {
  readonly isAllowed: boolean;
  /** The number of attempts that are still allowed now. */
  readonly remaining: number;
  /** The time until the whole limit is available again. */
  readonly resetSeconds: number;
  /** Until the next one is allowed; 0 if it is allowed now. */
  readonly retryAfterSeconds: number;
}

/** Expired rows of one run, so that a cleanup never holds many locks. */
const CLEANUP_BATCH = 1000;

/** Keys are stored as digests: the table holds no names and no addresses. Case is ignored, as in usernames. */
const DIGEST = `sha256(convert_to(lower($1), 'UTF8'))`;

/** Counts in PostgreSQL, so that all api processes share one limit. */
@Injectable()
export class RateLimitRepository {
  constructor(private readonly database: Database) {}

  /** Takes one from the bucket of a key, unless it is empty. A rejected call changes nothing. */
  async take(key: string, { limit, windowSeconds }: RateLimit): Promise<RateLimitState> {
    const secondsEach = windowSeconds / limit;
    // Half a token of tolerance covers the rounding of intervals to whole microseconds.
    const [row] = await this.database.rows<{ isAllowed: boolean; usedSeconds: number }>(
      `WITH taken AS (
         INSERT INTO rate_limits AS bucket (key, full_at)
         VALUES (${DIGEST}, now() + make_interval(secs => $2))
         ON CONFLICT (key) DO UPDATE SET full_at = greatest(bucket.full_at, now()) + make_interval(secs => $2)
         WHERE bucket.full_at <= now() + make_interval(secs => $3 - $2 / 2)
         RETURNING full_at
       )
       SELECT true AS "isAllowed", extract(epoch FROM full_at - now())::float8 AS "usedSeconds" FROM taken
       UNION ALL
       SELECT false, extract(epoch FROM full_at - now())::float8 FROM rate_limits
       WHERE key = ${DIGEST} AND NOT EXISTS (SELECT FROM taken)`,
      [key, secondsEach, windowSeconds],
    );
    // Without a row, another process has just emptied the bucket.
    const { isAllowed, usedSeconds } = row ?? { isAllowed: false, usedSeconds: windowSeconds };
    const untilNext = usedSeconds - (windowSeconds - secondsEach);
    return {
      isAllowed,
      remaining: isAllowed ? Math.max(0, Math.floor((windowSeconds - usedSeconds) / secondsEach + 0.5)) : 0,
      resetSeconds: Math.ceil(usedSeconds),
      retryAfterSeconds: isAllowed ? 0 : Math.max(1, Math.ceil(untilNext)),
    };
  }

  /** Returns one to the bucket of a key. */
  async giveBack(key: string, { limit, windowSeconds }: RateLimit): Promise<void> {
    await this.database.rows(
      `UPDATE rate_limits SET full_at = full_at - make_interval(secs => $2) WHERE key = ${DIGEST}`,
      [key, windowSeconds / limit],
    );
  }

  /** Fills the bucket of a key. */
  async reset(key: string): Promise<void> {
    await this.database.rows(`DELETE FROM rate_limits WHERE key = ${DIGEST}`, [key]);
  }

  /** Deletes buckets that are full again, which mean the same as absent ones. */
  async deleteFull(): Promise<void> {
    await this.database.rows(
      `DELETE FROM rate_limits WHERE key IN (
         SELECT key FROM rate_limits WHERE full_at < now() ORDER BY full_at LIMIT ${CLEANUP_BATCH} FOR UPDATE SKIP LOCKED
       )`,
    );
  }
}
