import type { MailRepository, TakenDelivery } from '@app/database';
import { failpoint } from '@app/failpoints';
import type { Mailer } from '../email/mailer.js';
import { DeliverySender, type SendResult } from './delivery-sender.js';
import type { MailComposer } from './mail-composer.js';
import { EMAIL_DELAYS } from './retry-schedule.js';

const NO_ADDRESS: SendResult = { httpStatus: null, error: 'There is no address to write to.', isFinal: true };

/** Sends mails to users: one for all their conversions that ended together. */
export class EmailDeliveries extends DeliverySender {
  override readonly channel = 'email';
  override readonly delays = EMAIL_DELAYS;
  override readonly perTarget = 1;

  constructor(
    private readonly mails: MailRepository,
    private readonly composer: MailComposer,
    private readonly mailer: Mailer,
  ) {
    super();
  }

  override async send(delivery: TakenDelivery, signal: AbortSignal): Promise<SendResult> {
    const gathered = await this.mails.gather(delivery);
    if (gathered.length === 0) throw new Error('The delivery was taken over');
    const mail = await this.composer.compose(delivery, gathered);
    if (mail === null) return NO_ADDRESS;
    failpoint('deliveries.mail.before');
    return { httpStatus: null, ...(await this.mailer.send(mail, signal)) };
  }
}
