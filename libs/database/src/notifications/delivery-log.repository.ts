import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Database } from '../connection/database.js';
import type { DeliveryAttempt } from './delivery-attempt.entity.js';
import type { Delivery, DeliveryStatus } from './delivery.entity.js';

export type LoggedAttempt = Pick<DeliveryAttempt, 'attempt' | 'durationMs' | 'httpStatus' | 'error'> & {
  /** ISO 8601: it comes out of JSON. */
  readonly startedAt: string;
};

/** A delivery as its owner sees it, with its attempts, oldest first. */
export type LoggedDelivery = Pick<
  Delivery,
  | 'id'
  | 'eventId'
  | 'channel'
  | 'callbackUrl'
  | 'eventType'
  | 'status'
  | 'lastError'
  | 'nextAttemptAt'
  | 'createdAt'
  | 'finishedAt'
> & {
  /** The conversion job that the event is about. */
  readonly jobId: string | null;
  /** The name of the uploaded file. */
  readonly filename: string | null;
  readonly attempts: readonly LoggedAttempt[];
};

export const TEST_EVENT = 'webhook.test';
/** The most deliveries that the log shows. */
export const LOGGED_DELIVERIES = 100;
/** The most attempts that it shows of one delivery: the last ones. */
export const LOGGED_ATTEMPTS = 20;

const LOGGED = `SELECT d.id, d.event_id AS "eventId", d.channel, d.callback_url AS "callbackUrl", d.event_type AS "eventType", d.status,
         d.last_error AS "lastError", d.next_attempt_at AS "nextAttemptAt", d.created_at AS "createdAt", d.finished_at AS "finishedAt",
         d.facts ->> 'job_id' AS "jobId", d.facts ->> 'filename' AS filename, coalesce(a.attempts, '[]') AS attempts
  FROM deliveries d CROSS JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_object('attempt', attempt, 'durationMs', duration_ms, 'httpStatus', http_status, 'error', error,
             'startedAt', to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) ORDER BY attempt) AS attempts
    FROM (SELECT * FROM delivery_attempts WHERE delivery_id = d.id ORDER BY attempt DESC LIMIT ${LOGGED_ATTEMPTS}) AS last
  ) AS a`;

const OF_WEBHOOK = 'd.webhook_id = $1';
/** Emails and callbacks. Emails with links that expire are not sent again: users request new ones. */
const OF_ACCOUNT = `d.user_id = $1 AND d.webhook_id IS NULL AND d.event_type NOT LIKE 'account.%'`;

/** A running attempt has no entry in the log yet. Making its delivery due would start a second attempt meanwhile. */
const IS_NOT_BEING_ATTEMPTED = `(d.status <> 'PENDING' OR d.attempt = 0
  OR EXISTS (SELECT FROM delivery_attempts a WHERE a.delivery_id = d.id AND a.attempt = d.attempt))`;
/** The deliveries of one mail share its attempts, so none is retried alone before the mail is sent or has failed. */
const CAN_BE_MADE_DUE = `${IS_NOT_BEING_ATTEMPTED} AND (d.channel <> 'email' OR d.status <> 'PENDING')`;
/** Restarts the retry schedule with a new mail. The attempts are still numbered consecutively. */
const MAKE_DUE = `UPDATE deliveries d
  SET status = 'PENDING', next_attempt_at = now(), finished_at = NULL, mail_id = NULL, attempts_before = attempt`;

/** Deliveries as their owners see them. A webhook's owner is checked by the caller. */
@Injectable()
export class DeliveryLogRepository {
  constructor(private readonly database: Database) {}

  /** Returns the newest deliveries to a webhook, newest first. */
  async list(webhookId: string): Promise<LoggedDelivery[]> {
    return this.newest(OF_WEBHOOK, webhookId, null);
  }

  /** Returns the newest emails and callbacks of a user, newest first; if a status is given, those that have it. */
  async listOfAccount(userId: number, status: DeliveryStatus | null): Promise<LoggedDelivery[]> {
    return this.newest(OF_ACCOUNT, userId, status);
  }

  /** Returns null if the user has no such email or callback. */
  async findOfAccount(id: string, userId: number): Promise<LoggedDelivery | null> {
    return this.find(OF_ACCOUNT, userId, id);
  }

  /** Makes a delivery due now, whatever became of it. Returns null if the webhook has no such delivery. */
  async redeliver(id: string, webhookId: string): Promise<LoggedDelivery | null> {
    return this.makeDue(OF_WEBHOOK, webhookId, id);
  }

  /** Like `redeliver`, except that a pending email stays as it is. Returns null if the user has no such email or callback. */
  async redeliverToAccount(id: string, userId: number): Promise<LoggedDelivery | null> {
    return this.makeDue(OF_ACCOUNT, userId, id);
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
    return this.find(OF_WEBHOOK, webhookId, id);
  }

  private async newest(
    scope: string,
    ownerId: string | number,
    status: DeliveryStatus | null,
  ): Promise<LoggedDelivery[]> {
    return this.database.rows<LoggedDelivery>(
      `${LOGGED} WHERE ${scope} AND ($2::text IS NULL OR d.status = $2)
       ORDER BY d.created_at DESC, d.id LIMIT ${LOGGED_DELIVERIES}`,
      [ownerId, status],
    );
  }

  private async makeDue(scope: string, ownerId: string | number, id: string): Promise<LoggedDelivery | null> {
    await this.database.rows(`${MAKE_DUE} WHERE ${scope} AND d.id = $2 AND ${CAN_BE_MADE_DUE}`, [ownerId, id]);
    return this.find(scope, ownerId, id);
  }

  private async find(scope: string, ownerId: string | number, id: string): Promise<LoggedDelivery | null> {
    const [found] = await this.database.rows<LoggedDelivery>(`${LOGGED} WHERE ${scope} AND d.id = $2`, [ownerId, id]);
    return found ?? null;
  }
}
