import { DomainError } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { Database } from '../connection/database.js';
import { WrittenSelect } from '../connection/written-select.js';
import { violatedConstraint } from '../connection/database-errors.js';
import { User } from './user.entity.js';

const USER_BY_ID = new WrittenSelect({ name: 'user_by_id', entity: User, where: 'id = $1' });

/** The assignments that a new password makes besides its hash: all tokens and reset links become invalid. */
export const ENDED_TOKENS =
  'token_version = token_version + 1, password_reset_hash = NULL, password_reset_until = NULL';

/** Hashes of passwords. */
export interface PasswordChange {
  readonly from: string;
  readonly to: string;
}

export interface NewUser {
  readonly username: string;
  readonly email: string | null;
  readonly passwordHash: string;
}

@Injectable()
export class UserRepository {
  constructor(private readonly database: Database) {}

  /** Throws `username_taken` or `email_taken`; upper and lower case are the same. */
  async create(user: NewUser): Promise<User> {
    try {
      return await this.database.use(async ({ manager }) => manager.save(manager.create(User, user)));
    } catch (error) {
      throw takenError(error) ?? error;
    }
  }

  async findByUsername(username: string): Promise<User | null> {
    return this.database.use(({ manager }) =>
      manager.createQueryBuilder(User, 'u').where('lower(u.username) = lower(:username)', { username }).getOne(),
    );
  }

  async findById(id: number): Promise<User | null> {
    return USER_BY_ID.one(this.database, [id]);
  }

  /**
   * Sets another password, ends the access tokens and the link of a password reset. Returns the new version of tokens, or
   * null if `from` is not the user's hash any more.
   */
  async changePassword(id: number, { from, to }: PasswordChange): Promise<number | null> {
    const [changed] = await this.database.rows<{ version: number }>(
      `UPDATE users SET password_hash = $3, ${ENDED_TOKENS} WHERE id = $1 AND password_hash = $2
       RETURNING token_version AS version`,
      [id, from, to],
    );
    return changed?.version ?? null;
  }

  /** Sets whether uploads notify by email unless they say otherwise. */
  async setNotifyEmail(id: number, notifyEmail: boolean): Promise<void> {
    await this.database.rows('UPDATE users SET notify_email = $2 WHERE id = $1', [id, notifyEmail]);
  }

  /** Sets the encrypted secret that signs the callbacks of the user's uploads. */
  async setCallbackSecret(id: number, secret: Buffer): Promise<void> {
    await this.database.rows('UPDATE users SET callback_secret = $2 WHERE id = $1', [id, secret]);
  }
}

function takenError(error: unknown): DomainError | null {
  switch (violatedConstraint(error)) {
    case 'users_username_key':
      return new DomainError('username_taken', { cause: error });
    case 'users_email_key':
      return new DomainError('email_taken', { cause: error });
    default:
      return null;
  }
}
