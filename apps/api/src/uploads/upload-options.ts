import { EmailEnv } from '@app/config';
import { UserRepository, type User } from '@app/database';
import { DomainError } from '@app/domain';
import { Injectable } from '@nestjs/common';
import type { UploadFieldsDto } from './upload-fields.dto.js';

/** The notifications that the owner of an upload asked for. */
export interface UploadOptions {
  /** Null for the default in the owner's profile. */
  readonly notifyEmail: boolean | null;
  readonly callbackUrl: string | null;
}

/** Turns the fields of an upload form into options. */
@Injectable()
export class UploadOptionsReader {
  constructor(
    private readonly users: UserRepository,
    private readonly email: EmailEnv,
  ) {}

  /** Throws if the owner cannot be told in this way. A default of the profile that cannot be followed is no error. */
  async read({ notify, callback_url }: UploadFieldsDto, user: User): Promise<UploadOptions> {
    const callbackUrl = callback_url ?? null;
    if (notify === 'email' && !this.email.isEmailEnabled) throw new DomainError('email_disabled');
    if (callbackUrl !== null && !(await this.hasCallbackSecret(user))) throw new DomainError('callback_secret_missing');
    return { notifyEmail: notify == null ? null : notify === 'email', callbackUrl };
  }

  /** The user of the request can be seconds old: another process may have made the secret since. */
  private async hasCallbackSecret({ id, callbackSecret }: User): Promise<boolean> {
    return callbackSecret !== null || (await this.users.findById(id))?.callbackSecret != null;
  }
}
