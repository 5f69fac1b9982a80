import { EmailEnv, PublicUrlEnv } from '@app/config';
import { DomainError } from '@app/domain';
import { Injectable } from '@nestjs/common';

/** States if the service can send emails with links. */
@Injectable()
export class EmailSettings {
  constructor(
    private readonly email: EmailEnv,
    private readonly address: PublicUrlEnv,
  ) {}

  /** Throws `email_disabled` where there is no mail server, or no address for links to lead to. */
  requireEmail(): void {
    if (!this.email.isEmailEnabled || this.address.publicUrl === null) throw new DomainError('email_disabled');
  }
}
