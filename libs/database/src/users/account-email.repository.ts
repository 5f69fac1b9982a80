import { Injectable } from '@nestjs/common';
import { Database } from '../connection/database.js';
import { ENDED_TOKENS } from './user.repository.js';

const HAS_RESET = `id = $1 AND password_reset_hash = $2 AND password_reset_until > now()`;

/** Applies what the links in emails ask for. */
@Injectable()
export class AccountEmailRepository {
  constructor(private readonly database: Database) {}

  /** Marks the address as verified. Returns false if it is no longer the user's. */
  async verify(userId: number, email: string): Promise<boolean> {
    const verified = await this.database.rows(
      `UPDATE users SET email_verified_at = coalesce(email_verified_at, now()) WHERE id = $1 AND email = $2 RETURNING id`,
      [userId, email],
    );
    return verified.length === 1;
  }

  /** Ends the emails about the user's conversions: by default, of uploads that asked for one, and those that wait. */
  async stopConversionEmails(userId: number): Promise<void> {
    await this.database.rows(
      `WITH jobs AS (
         UPDATE conversion_jobs SET notify_email = false
         WHERE user_id = $1 AND status IN ('PENDING', 'PROCESSING') AND notify_email),
       waiting AS (
         UPDATE deliveries SET status = 'FAILED', finished_at = now(), last_error = 'The owner stopped these emails.'
         WHERE user_id = $1 AND channel = 'email' AND status = 'PENDING' AND event_type LIKE 'conversion.%')
       UPDATE users SET notify_email = false WHERE id = $1 RETURNING id`,
      [userId],
    );
  }

  async hasPasswordReset(userId: number, tokenHash: Buffer): Promise<boolean> {
    const found = await this.database.rows(`SELECT id FROM users WHERE ${HAS_RESET}`, [userId, tokenHash]);
    return found.length === 1;
  }

  /** Sets the password, ends the access tokens and uses up the link, in one statement. Returns false if the token is not valid any more. */
  async resetPassword(userId: number, tokenHash: Buffer, passwordHash: string): Promise<boolean> {
    const changed = await this.database.rows(
      `UPDATE users SET password_hash = $3, ${ENDED_TOKENS} WHERE ${HAS_RESET} RETURNING id`,
      [userId, tokenHash, passwordHash],
    );
    return changed.length === 1;
  }
}
