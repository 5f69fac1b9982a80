import { EmailEnv } from '@app/config';
import { UserRepository, type User } from '@app/database';
import { DomainError } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { KnownUsers } from './known-users.js';

/** Null leaves a setting as it is. */
export interface ProfileChange {
  readonly notifyEmail: boolean | null;
}

/** The settings of an account that its owner changes. */
@Injectable()
export class ProfileService {
  constructor(
    private readonly users: UserRepository,
    private readonly known: KnownUsers,
    private readonly email: EmailEnv,
  ) {}

  /** Throws `email_disabled` if emails are asked for, but the service sends none. */
  async change({ id }: User, { notifyEmail }: ProfileChange): Promise<User> {
    if (notifyEmail === true && !this.email.isEmailEnabled) throw new DomainError('email_disabled');
    if (notifyEmail !== null) await this.users.setNotifyEmail(id, notifyEmail);
    this.known.forget(id);
    const user = await this.known.find(id);
    if (user === null) throw new DomainError('unauthorized');
    return user;
  }
}
