import { Injectable } from '@nestjs/common';
import { Database } from '../connection/database.js';
import { Webhook } from './webhook.entity.js';

export type NewWebhook = Pick<Webhook, 'id' | 'userId' | 'url' | 'events' | 'secret'>;
/** The new values of a webhook. Omitted fields keep their values. */
export interface WebhookChange {
  readonly url?: string | null | undefined;
  readonly events?: string[] | null | undefined;
  readonly isEnabled?: boolean | null | undefined;
}

/** The time after a rotation for which the old secret is still used too. */
export const ROTATION_HOURS = 24;
/** A webhook that has failed for so long, without one success, is disabled. */
export const DISABLED_AFTER_DAYS = 5;
export const MAX_WEBHOOKS_PER_USER = 20;

const HAS_FAILED_TOO_LONG = `failing_since < now() - interval '${DISABLED_AFTER_DAYS} days'`;

/** Users' webhooks: their owners' side, and the notifier's. */
@Injectable()
export class WebhookRepository {
  constructor(private readonly database: Database) {}

  /** Adds a webhook unless the user has too many; returns null then. */
  async create({ id, userId, url, events, secret }: NewWebhook): Promise<Webhook | null> {
    await this.database.transaction(async (runner) => {
      // Serializes the additions of one user: the count below is then the count at the end, too.
      await runner.query('SELECT FROM users WHERE id = $1 FOR UPDATE', [userId]);
      await runner.query(
        `INSERT INTO webhooks (id, user_id, url, events, secret)
         SELECT $1, $2, $3, $4, $5 WHERE (SELECT count(*) FROM webhooks WHERE user_id = $2) < ${MAX_WEBHOOKS_PER_USER}`,
        [id, userId, url, events, secret],
      );
    });
    return this.findOwned(id, userId);
  }

  async list(userId: number): Promise<Webhook[]> {
    return this.database.use(({ manager }) =>
      manager.find(Webhook, { where: { userId }, order: { createdAt: 'ASC' } }),
    );
  }

  async findOwned(id: string, userId: number): Promise<Webhook | null> {
    return this.database.use(({ manager }) => manager.findOneBy(Webhook, { id, userId }));
  }

  /** Enabling a webhook forgets its failures. Returns null if the user has no such webhook. */
  async change(id: string, userId: number, { url, events, isEnabled }: WebhookChange): Promise<Webhook | null> {
    await this.database.rows(
      `UPDATE webhooks
       SET url = coalesce($3, url), events = coalesce($4, events),
           failing_since = CASE WHEN $5 THEN NULL ELSE failing_since END,
           disabled_reason = CASE WHEN $5 THEN NULL WHEN NOT $5 THEN 'owner' ELSE disabled_reason END,
           disabled_at = CASE WHEN $5 THEN NULL WHEN NOT $5 THEN coalesce(disabled_at, now()) ELSE disabled_at END
       WHERE id = $1 AND user_id = $2`,
      [id, userId, url ?? null, events ?? null, isEnabled ?? null],
    );
    return this.findOwned(id, userId);
  }

  /** Gives the webhook another secret; the one before signs too for a day. */
  async rotateSecret(id: string, userId: number, secret: Buffer): Promise<Webhook | null> {
    await this.database.rows(
      `UPDATE webhooks SET previous_secret = secret, previous_secret_until = now() + interval '${ROTATION_HOURS} hours', secret = $3
       WHERE id = $1 AND user_id = $2`,
      [id, userId, secret],
    );
    return this.findOwned(id, userId);
  }

  async delete(id: string, userId: number): Promise<boolean> {
    const deleted = await this.database.rows('DELETE FROM webhooks WHERE id = $1 AND user_id = $2 RETURNING id', [
      id,
      userId,
    ]);
    return deleted.length === 1;
  }

  /** The webhook that a delivery is for; null if it is gone or disabled. */
  async findEnabled(id: string): Promise<Webhook | null> {
    const found = await this.database.use(({ manager }) => manager.findOneBy(Webhook, { id }));
    return found?.disabledAt === null ? found : null;
  }

  async recordSuccess(id: string): Promise<void> {
    await this.database.rows('UPDATE webhooks SET failing_since = NULL WHERE id = $1 AND failing_since IS NOT NULL', [
      id,
    ]);
  }

  /** Disables the webhook if it has failed for days. Returns whether this call did. */
  async recordFailure(id: string): Promise<boolean> {
    const [failed] = await this.database.rows<{ isDisabled: boolean }>(
      `UPDATE webhooks
       SET failing_since = coalesce(failing_since, now()),
           disabled_at = CASE WHEN ${HAS_FAILED_TOO_LONG} THEN now() END,
           disabled_reason = CASE WHEN ${HAS_FAILED_TOO_LONG} THEN 'failing' END
       WHERE id = $1 AND disabled_at IS NULL
       RETURNING disabled_at IS NOT NULL AS "isDisabled"`,
      [id],
    );
    return failed?.isDisabled ?? false;
  }

  /** Disables a webhook whose server says that it is gone. Returns whether this call did. */
  async markGone(id: string): Promise<boolean> {
    const disabled = await this.database.rows(
      `UPDATE webhooks SET disabled_at = now(), disabled_reason = 'gone' WHERE id = $1 AND disabled_at IS NULL RETURNING id`,
      [id],
    );
    return disabled.length === 1;
  }
}
