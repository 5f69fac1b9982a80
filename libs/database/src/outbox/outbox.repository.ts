import { Injectable } from '@nestjs/common';
import { Database } from '../connection/database.js';
import { takeDueRows } from '../connection/due-rows.js';

export interface RecordedOutboxEvent {
  readonly id: string;
  readonly topic: string;
  readonly payload: object;
  readonly createdAt: Date;
  readonly correlationId: string | null;
  readonly traceparent: string | null;
}

/** The time in which a relay must publish the events that it took, before another relay takes them. */
const HOLD_SECONDS = 30;
const KEEP_DAYS = 7;
const PORTION = 5_000;

/** The relay's side of the outbox. */
@Injectable()
export class OutboxRepository {
  constructor(private readonly database: Database) {}

  /** Takes the events of a topic that have been due for longest, for HOLD_SECONDS. */
  async take(topic: string, limit: number): Promise<RecordedOutboxEvent[]> {
    return this.database.rows<RecordedOutboxEvent>(
      takeDueRows({
        table: 'outbox',
        dueColumn: 'available_at',
        attemptColumn: 'attempts',
        where: 'topic = $1',
        limit,
        holdSeconds: HOLD_SECONDS,
        returning: `id, topic, payload, created_at AS "createdAt", correlation_id AS "correlationId", traceparent`,
      }),
      [topic],
    );
  }

  async remove(ids: readonly string[]): Promise<void> {
    await this.database.rows('DELETE FROM outbox WHERE id = ANY($1::uuid[])', [ids]);
  }

  /** Makes events that the broker rejected due again. */
  async release(ids: readonly string[]): Promise<void> {
    await this.database.rows('UPDATE outbox SET available_at = now() WHERE id = ANY($1::uuid[])', [ids]);
  }

  /** Deletes events that had no consumer for a week, in portions. Returns how many. */
  async dropExpired(): Promise<number> {
    for (let total = 0; ;) {
      const dropped = await this.dropPortion();
      total += dropped;
      if (dropped < PORTION) return total;
    }
  }

  private async dropPortion(): Promise<number> {
    const [row] = await this.database.rows<{ dropped: number }>(
      `WITH dropped AS (
         DELETE FROM outbox WHERE id = ANY (ARRAY(
           SELECT id FROM outbox WHERE created_at < now() - make_interval(days => ${KEEP_DAYS})
           ORDER BY created_at LIMIT ${PORTION} FOR UPDATE SKIP LOCKED))
         RETURNING 1
       )
       SELECT count(*)::int AS dropped FROM dropped`,
    );
    return row?.dropped ?? 0;
  }
}
