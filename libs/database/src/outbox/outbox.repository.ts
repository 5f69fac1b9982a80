import { Injectable } from '@nestjs/common';
import { tryLock } from '../connection/advisory-locks.js';
import { Database, rowsOf } from '../connection/database.js';

export interface PendingEvent {
  readonly id: string;
  readonly topic: string;
  readonly payload: object;
  readonly correlationId: string | null;
  readonly traceparent: string | null;
}

/** How long a relay that took an event has to publish it before another may. */
const HOLD_SECONDS = 30;
const KEEP_DAYS = 7;
const BATCH = 100;

@Injectable()
export class OutboxRepository {
  constructor(private readonly database: Database) {}

  /** Takes the oldest events of a topic that are due, for HOLD_SECONDS. */
  async take(topic: string): Promise<PendingEvent[]> {
    return this.database.transaction(async (runner) => {
      if (!(await tryLock(runner, 'outbox'))) return [];
      return rowsOf<PendingEvent>(
        runner,
        `UPDATE outbox SET available_at = now() + make_interval(secs => ${HOLD_SECONDS}), attempts = attempts + 1
         WHERE id IN (SELECT id FROM outbox WHERE topic = $1 AND available_at <= now() ORDER BY available_at LIMIT ${BATCH})
         RETURNING id, topic, payload, correlation_id AS "correlationId", traceparent`,
        [topic],
      );
    });
  }

  async remove(ids: readonly string[]): Promise<void> {
    await this.database.rows('DELETE FROM outbox WHERE id = ANY($1::uuid[])', [ids]);
  }

  /** Makes events that the broker refused due again. */
  async release(ids: readonly string[]): Promise<void> {
    await this.database.rows('UPDATE outbox SET available_at = now() WHERE id = ANY($1::uuid[])', [ids]);
  }

  /** Drops events that nobody fetched for a week; returns how many. */
  async dropExpired(): Promise<number> {
    const dropped = await this.database.rows(
      `DELETE FROM outbox WHERE created_at < now() - make_interval(days => ${KEEP_DAYS}) RETURNING id`,
    );
    return dropped.length;
  }
}
