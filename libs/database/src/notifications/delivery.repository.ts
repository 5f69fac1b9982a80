import { Injectable } from '@nestjs/common';
import { Database } from '../connection/database.js';
import { takeDueRows } from '../connection/due-rows.js';
import type { DeliveryChannel } from './delivery.entity.js';

/** An event to deliver, with the facts that every target gets. */
export interface NotifiableEvent {
  readonly id: string;
  readonly type: string;
  readonly occurredAt: Date;
  readonly userId: number;
  readonly facts: object;
}

/** Targets that the event itself names; the user's webhooks are looked up. */
export interface EventTargets {
  readonly email: boolean;
  readonly callbackUrl: string | null;
}

/** A delivery that was taken for one attempt. */
export interface TakenDelivery {
  readonly id: string;
  readonly eventId: string;
  readonly target: string;
  readonly userId: number;
  readonly webhookId: string | null;
  /** Set if the upload asked for a callback. */
  readonly callbackUrl: string | null;
  readonly eventType: string;
  readonly occurredAt: Date;
  readonly facts: object;
  readonly mailId: string | null;
  readonly attempt: number;
  /** The attempts before its retry schedule began. */
  readonly attemptsBefore: number;
  readonly createdAt: Date;
}

export interface TakeOptions {
  readonly limit: number;
  /** Longer than an attempt can last. */
  readonly holdSeconds: number;
  /** The most that are taken for one target of one user, so that a slow one leaves room for the others. */
  readonly perTarget: number;
  /** Targets of which none is taken. */
  readonly busyTargets?: readonly string[];
}

export interface AttemptResult {
  readonly startedAt: Date;
  readonly durationMs: number;
  readonly httpStatus: number | null;
  /** A sentence for the owner; null after a success. */
  readonly error: string | null;
}

/** Jobs of one user that end within this time become one mail. */
export const GATHERING_SECONDS = 10;
const KEEP_DAYS = 30;
const DELETED_AT_ONCE = 1000;

export const TAKEN_COLUMNS = `id, event_id AS "eventId", target, user_id AS "userId", webhook_id AS "webhookId", callback_url AS "callbackUrl",
  event_type AS "eventType", occurred_at AS "occurredAt", facts, mail_id AS "mailId", attempt, attempts_before AS "attemptsBefore",
  created_at AS "createdAt"`;

/** Only the first delivery of a mail is taken, and the others share its result. */
const IS_NOT_FOLLOWER = '(mail_id IS NULL OR mail_id = id)';

/** The most due deliveries that one statement reads, so that a target with a long backlog costs no more than others. */
const LOOK_AHEAD = 1000;
const DUE_BY_TURNS = `SELECT id FROM (
    SELECT id, row_number() OVER (PARTITION BY target, user_id ORDER BY next_attempt_at) AS place
    FROM (SELECT id, target, user_id, next_attempt_at FROM deliveries
          WHERE status = 'PENDING' AND channel = $1 AND next_attempt_at <= now() AND ${IS_NOT_FOLLOWER}
            AND target <> ALL ($2::text[])
          ORDER BY next_attempt_at LIMIT ${LOOK_AHEAD}) AS oldest
  ) AS due WHERE place <= $3`;

/** Only the current attempt can change a delivery. */
const CURRENT = `id = $1 AND attempt = $2 AND status = 'PENDING'`;

/** Stores deliveries until they are due, and their results. */
@Injectable()
export class DeliveryRepository {
  constructor(private readonly database: Database) {}

  /** Records a delivery for each target of an event, in one statement. An event that comes again adds nothing. */
  async record(event: NotifiableEvent, { email, callbackUrl }: EventTargets): Promise<number> {
    const recorded = await this.database.rows(
      `INSERT INTO deliveries (id, event_id, target, channel, user_id, webhook_id, callback_url, event_type, occurred_at, facts, next_attempt_at)
       SELECT gen_random_uuid(), $1::uuid, target, channel, $2::integer, webhook_id, url, $3, $4::timestamptz, $5::jsonb, now() + wait
       FROM (
         SELECT 'email:' || id AS target, 'email' AS channel, NULL::uuid AS webhook_id, NULL::text AS url, make_interval(secs => ${GATHERING_SECONDS}) AS wait
         FROM users WHERE id = $2 AND $6::boolean AND email_verified_at IS NOT NULL
         UNION ALL
         SELECT 'webhook:' || id, 'webhook', id, NULL, interval '0'
         FROM webhooks WHERE user_id = $2 AND disabled_at IS NULL AND $3 = ANY (events)
         UNION ALL
         SELECT $7::text, 'webhook', NULL, $8::text, interval '0' FROM users WHERE id = $2 AND $8::text IS NOT NULL
       ) AS targets
       ON CONFLICT ON CONSTRAINT deliveries_event_target_key DO NOTHING
       RETURNING id`,
      [
        event.id,
        event.userId,
        event.type,
        event.occurredAt,
        event.facts,
        email,
        callbackTarget(callbackUrl),
        callbackUrl,
      ],
    );
    return recorded.length;
  }

  /** Takes deliveries of a channel that are due, each for one attempt. */
  async take(
    channel: DeliveryChannel,
    { limit, holdSeconds, perTarget, busyTargets = [] }: TakeOptions,
  ): Promise<TakenDelivery[]> {
    return this.database.rows<TakenDelivery>(
      takeDueRows({
        table: 'deliveries',
        dueColumn: 'next_attempt_at',
        attemptColumn: 'attempt',
        where: `status = 'PENDING' AND ${IS_NOT_FOLLOWER} AND id IN (${DUE_BY_TURNS})`,
        limit,
        holdSeconds,
        returning: TAKEN_COLUMNS,
      }),
      [channel, busyTargets, perTarget],
    );
  }

  async markDelivered(delivery: TakenDelivery, result: AttemptResult): Promise<void> {
    await this.settle(delivery, result, `status = 'DELIVERED', finished_at = now(), last_error = NULL`);
  }

  /** Marks the delivery as failed: no further attempt is made unless a user requests one. */
  async markFailed(delivery: TakenDelivery, result: AttemptResult): Promise<void> {
    await this.settle(delivery, result, `status = 'FAILED', finished_at = now(), last_error = $6`);
  }

  async retryLater(delivery: TakenDelivery, result: AttemptResult, delaySeconds: number): Promise<void> {
    const change = `next_attempt_at = now() + make_interval(secs => $7), last_error = $6`;
    await this.settle(delivery, result, change, [delaySeconds]);
  }

  /** Deletes deliveries that ended a month ago, in portions. Returns how many. */
  async dropExpired(): Promise<number> {
    let total = 0;
    for (;;) {
      const dropped = await this.database.rows(
        `DELETE FROM deliveries WHERE id IN (
           SELECT id FROM deliveries
           WHERE created_at < now() - make_interval(days => ${KEEP_DAYS}) AND status <> 'PENDING' LIMIT ${DELETED_AT_ONCE})
         RETURNING id`,
      );
      total += dropped.length;
      if (dropped.length < DELETED_AT_ONCE) return total;
    }
  }

  /**
   * Writes the attempt into the log and the delivery's new state, and the same for the rest of its mail, in one
   * statement; a late attempt changes nothing. Each delivery of a mail counts the mail's attempts on from its own.
   */
  private async settle(
    { id, attempt }: TakenDelivery,
    { startedAt, durationMs, httpStatus, error }: AttemptResult,
    change: string,
    values: readonly unknown[] = [],
  ): Promise<void> {
    await this.database.rows(
      `WITH taken AS (SELECT id, attempt - attempts_before AS made FROM deliveries WHERE ${CURRENT} FOR UPDATE),
       settled AS (
         UPDATE deliveries SET attempt = attempts_before + made, ${change} FROM taken
         WHERE (deliveries.id = taken.id OR deliveries.mail_id = taken.id) AND deliveries.status = 'PENDING'
         RETURNING deliveries.id, attempt)
       INSERT INTO delivery_attempts (delivery_id, attempt, started_at, duration_ms, http_status, error)
       SELECT id, attempt, $3::timestamptz, $4::integer, $5::integer, $6::text FROM settled
       ON CONFLICT DO NOTHING`,
      [id, attempt, startedAt, Math.round(durationMs), httpStatus, error, ...values],
    );
  }
}

/** Callbacks to one server are bounded together, whatever their paths. */
function callbackTarget(callbackUrl: string | null): string | null {
  return callbackUrl === null ? null : `callback:${new URL(callbackUrl).origin}`;
}
