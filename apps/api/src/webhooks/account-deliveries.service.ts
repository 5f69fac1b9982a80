import { EmailEnv } from '@app/config';
import { DeliveryLogRepository, type DeliveryStatus, type LoggedDelivery } from '@app/database';
import { DomainError } from '@app/domain';
import { Injectable } from '@nestjs/common';

/** Emails and callbacks, for the user whom they are about. */
@Injectable()
export class AccountDeliveriesService {
  constructor(
    private readonly log: DeliveryLogRepository,
    private readonly email: EmailEnv,
  ) {}

  /** With a status, returns only the deliveries that have it. */
  async list(userId: number, status: DeliveryStatus | null): Promise<LoggedDelivery[]> {
    return this.log.listOfAccount(userId, status);
  }

  /** Throws `email_disabled` if nobody would send the email. */
  async redeliver(id: string, userId: number): Promise<LoggedDelivery> {
    const delivery = await this.log.findOfAccount(id, userId);
    if (delivery?.channel === 'email' && !this.email.isEmailEnabled) throw new DomainError('email_disabled');
    const redelivered = delivery && (await this.log.redeliverToAccount(id, userId));
    if (redelivered === null) throw new DomainError('not_found');
    return redelivered;
  }
}
