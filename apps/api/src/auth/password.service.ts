import { AccountEmailRepository, UserRepository, type User } from '@app/database';
import { DomainError } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { AccessTokens, type AccessToken } from './access-tokens.js';
import { KnownUsers } from './known-users.js';
import { PasswordHasher } from './password-hasher.js';

export interface PasswordReplacement {
  readonly current: string;
  readonly next: string;
}

/** The link of a password reset. `hash` is the SHA-256 of its token. */
export interface PasswordReset {
  readonly userId: number;
  readonly hash: Buffer;
}

/** Changes passwords, which ends all access tokens of the user. `client` is the network address of the request. */
@Injectable()
export class PasswordService {
  constructor(
    private readonly users: UserRepository,
    private readonly passwords: PasswordHasher,
    private readonly tokens: AccessTokens,
    private readonly known: KnownUsers,
    private readonly accounts: AccountEmailRepository,
  ) {}

  /** Returns the user as stored now. Throws `password_incorrect`. */
  async confirm(userId: number, password: string, client: string): Promise<User> {
    const user = await this.users.findById(userId);
    if (user === null) throw new DomainError('unauthorized');
    if (!(await this.passwords.verify(password, user.passwordHash, client))) {
      throw new DomainError('password_incorrect');
    }
    return user;
  }

  /** Throws `link_invalid` if the link has expired or was used. */
  async reset({ userId, hash }: PasswordReset, password: string, client: string): Promise<void> {
    // Hashing a password takes long: only for a token that is valid.
    if (!(await this.accounts.hasPasswordReset(userId, hash))) throw new DomainError('link_invalid');
    const passwordHash = await this.passwords.hash(password, client);
    const isChanged = await this.accounts.resetPassword(userId, hash, passwordHash);
    this.known.forget(userId);
    if (!isChanged) throw new DomainError('link_invalid');
  }

  /** Returns a new access token. */
  async change(userId: number, { current, next }: PasswordReplacement, client: string): Promise<AccessToken> {
    const { passwordHash: from } = await this.confirm(userId, current, client);
    const to = await this.passwords.hash(next, client);
    const tokenVersion = await this.users.changePassword(userId, { from, to });
    this.known.forget(userId);
    // Another request has changed the password meanwhile, and ended the token of this one.
    if (tokenVersion === null) throw new DomainError('unauthorized');
    return this.tokens.issue({ id: userId, tokenVersion });
  }
}
