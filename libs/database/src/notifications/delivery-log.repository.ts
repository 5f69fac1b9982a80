import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Database } from '../connection/database.js';
import type { DeliveryAttempt } from './delivery-attempt.entity.js';
import type { Delivery } from './delivery.entity.js';

export type LoggedAttempt = Pick<DeliveryAttempt, 'attempt' | 'durationMs' | 'httpStatus' | 'error'> & {
  /** ISO 8601: it comes out of JSON. */
  readonly startedAt: string;
};

/** A delivery as its owner sees it, with its attempts, oldest first. */
export type LoggedDelivery = Pick<
  Delivery,
  'id' | 'eventId' | 'eventType' | 'status' | 'nextAttemptAt' | 'createdAt' | 'finishedAt'
> & { readonly attempts: readonly LoggedAttempt[] };

export const TEST_EVENT = 'webhook.test';
/** The most deliveries that the log shows. */
export const LOGGED_DELIVERIES = 100;
/** The most attempts that it shows of one delivery: the last ones. */
export const LOGGED_ATTEMPTS = 20;

const LOGGED = `SELECT d.id, d.event_id AS "eventId", d.event_type AS "eventType", d.status, d.next_attempt_at AS "nextAttemptAt",
         d.created_at AS "createdAt", d.finished_at AS "finishedAt", coalesce(a.attempts, '[]') AS attempts
  FROM deliveries d CROSS JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_object('attempt', attempt, 'durationMs', duration_ms, 'httpStatus', http_status, 'error', error,
             'startedAt', to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) ORDER BY attempt) AS attempts
    FROM (SELECT * FROM delivery_attempts WHERE delivery_id = d.id ORDER BY attempt DESC LIMIT ${LOGGED_ATTEMPTS}) AS last
  ) AS a`;

/** An attempt that runs has no entry in the log yet; making its delivery due would start another one beside it. */
const IS_NOT_BEING_ATTEMPTED = `(d.status <> 'PENDING' OR d.attempt = 0
  OR EXISTS (SELECT FROM delivery_attempts a WHERE a.delivery_id = d.id AND a.attempt = d.attempt))`;
const MAKE_DUE = `UPDATE deliveries d SET status = 'PENDING', next_attempt_at = now(), finished_at = NULL`;

/** Deliveries to webhooks as their owners see them. A webhook's owner is checked by the caller. */
@Injectable()
export class DeliveryLogRepository {
  constructor(private readonly database: Database) {}

  /** Returns the newest deliveries to a webhook, newest first. */
  async list(webhookId: string): Promise<LoggedDelivery[]> {
    return this.database.rows<LoggedDelivery>(
      `${LOGGED} WHERE d.webhook_id = $1 ORDER BY d.created_at DESC, d.id LIMIT ${LOGGED_DELIVERIES}`,
      [webhookId],
    );
  }

  /** Makes a delivery due now, whatever became of it. Returns null if the webhook has no such delivery. */
  async redeliver(id: string, webhookId: string): Promise<LoggedDelivery | null> {
    await this.database.rows(`${MAKE_DUE} WHERE d.id = $1 AND d.webhook_id = $2 AND ${IS_NOT_BEING_ATTEMPTED}`, [
      id,
      webhookId,
    ]);
    return this.find(id, webhookId);
  }

  /** Adds a test delivery; one that is still pending is made due instead, so that they do not pile up. */
  async test(webhookId: string, userId: number): Promise<LoggedDelivery | null> {
    const id = await this.database.transaction(async (runner) => {
      // Serializes the tests of one webhook.
      await runner.query('SELECT FROM webhooks WHERE id = $1 FOR UPDATE', [webhookId]);
      const [pending] = (await runner.query(
        `SELECT id FROM deliveries WHERE webhook_id = $1 AND event_type = '${TEST_EVENT}' AND status = 'PENDING' LIMIT 1`,
        [webhookId],
      )) as { id: string }[];
      if (pending !== undefined) {
        await runner.query(`${MAKE_DUE} WHERE d.id = $1 AND ${IS_NOT_BEING_ATTEMPTED}`, [pending.id]);
        return pending.id;
      }
      const added = randomUUID();
      await runner.query(
        `INSERT INTO deliveries (id, event_id, target, channel, user_id, webhook_id, event_type, occurred_at, facts)
         SELECT $1, gen_random_uuid(), 'webhook:' || id, 'webhook', user_id, id, '${TEST_EVENT}', now(), jsonb_build_object('webhook_id', id)
         FROM webhooks WHERE id = $2 AND user_id = $3`,
        [added, webhookId, userId],
      );
      return added;
    });
    return this.find(id, webhookId);
  }

  private async find(id: string, webhookId: string): Promise<LoggedDelivery | null> {
    const [found] = await this.database.rows<LoggedDelivery>(`${LOGGED} WHERE d.id = $1 AND d.webhook_id = $2`, [
      id,
      webhookId,
    ]);
    return found ?? null;
  }
}
