import { Injectable } from '@nestjs/common';
import { Database } from '../connection/database.js';
import { TAKEN_COLUMNS, type TakenDelivery } from './delivery.repository.js';

/** Emails about an account rather than about its conversions. */
export type AccountMail = 'account.email_verification' | 'account.password_reset';

/** A mail names no more conversions than this; further ones get a mail of their own. */
const MAX_GATHERED = 100;

/** Gathers deliveries into one mail, and records requests for mails about accounts. */
@Injectable()
export class MailRepository {
  constructor(private readonly database: Database) {}

  /**
   * Returns the deliveries of the mail that a taken delivery belongs to, oldest first; none if the delivery was taken
   * over. The first attempt fixes them, in one statement: a conversion's mail then names all conversions of the user
   * that wait for their mail. Later attempts get the same ones.
   */
  async gather({ id, attempt }: TakenDelivery): Promise<TakenDelivery[]> {
    await this.database.rows(
      `WITH first AS (
         UPDATE deliveries SET mail_id = id WHERE id = $1 AND attempt = $2 AND status = 'PENDING' AND mail_id IS NULL
         RETURNING user_id, event_type)
       UPDATE deliveries SET mail_id = $1 WHERE id IN (
         SELECT waiting.id FROM deliveries AS waiting JOIN first ON waiting.user_id = first.user_id
         WHERE first.event_type LIKE 'conversion.%' AND waiting.event_type LIKE 'conversion.%'
           AND waiting.channel = 'email' AND waiting.status = 'PENDING' AND waiting.mail_id IS NULL
           AND waiting.attempt = waiting.attempts_before AND waiting.id <> $1
         ORDER BY waiting.created_at LIMIT ${MAX_GATHERED - 1} FOR UPDATE OF waiting SKIP LOCKED)
       RETURNING id`,
      [id, attempt],
    );
    return this.database.rows<TakenDelivery>(
      `SELECT ${TAKEN_COLUMNS} FROM deliveries
       WHERE mail_id = $1 AND status = 'PENDING'
         AND EXISTS (SELECT FROM deliveries WHERE id = $1 AND attempt = $2 AND status = 'PENDING')
       ORDER BY occurred_at, id`,
      [id, attempt],
    );
  }

  /** Asks for a link that verifies the user's address, unless one is about to be sent. */
  async requestVerification(userId: number): Promise<'requested' | 'email_missing' | 'email_already_verified'> {
    const [user] = await this.database.rows<{ email: string | null; isVerified: boolean }>(
      `WITH owner AS (SELECT id, email FROM users WHERE id = $1 AND email IS NOT NULL AND email_verified_at IS NULL),
       requested AS (${insertAccountMail('account.email_verification', 'owner')})
       SELECT email, email_verified_at IS NOT NULL AS "isVerified" FROM users WHERE id = $1`,
      [userId],
    );
    if (user?.isVerified === true) return 'email_already_verified';
    return user?.email == null ? 'email_missing' : 'requested';
  }

  /** Asks for a link that sets another password, if the address is a verified one. Says nothing about whether it is. */
  async requestPasswordReset(email: string): Promise<void> {
    await this.database.rows(
      `WITH owner AS (SELECT id, email FROM users WHERE lower(email) = lower($1) AND email_verified_at IS NOT NULL)
       ${insertAccountMail('account.password_reset', 'owner')}`,
      [email],
    );
  }

  /** Keeps what verifies a password reset link, in place of an earlier link's. Returns false if the delivery has ended. */
  async storePasswordReset({ id, attempt }: TakenDelivery, tokenHash: Buffer, validMinutes: number): Promise<boolean> {
    const stored = await this.database.rows(
      `UPDATE users SET password_reset_hash = $3, password_reset_until = now() + make_interval(mins => $4)
       FROM deliveries WHERE deliveries.id = $1 AND attempt = $2 AND status = 'PENDING' AND users.id = user_id
       RETURNING users.id`,
      [id, attempt, tokenHash, validMinutes],
    );
    return stored.length === 1;
  }
}

/** Returns an INSERT of a mail to the one row of `owner`, unless such a mail of theirs still waits for its first attempt. */
function insertAccountMail(type: AccountMail, owner: string): string {
  return `INSERT INTO deliveries (id, event_id, target, channel, user_id, event_type, occurred_at, facts)
    SELECT gen_random_uuid(), gen_random_uuid(), 'email:' || id, 'email', id, '${type}', now(), jsonb_build_object('email', email)
    FROM ${owner} WHERE NOT EXISTS (
      SELECT FROM deliveries WHERE user_id = ${owner}.id AND event_type = '${type}' AND status = 'PENDING' AND attempt = 0)
    RETURNING id`;
}
