import { EmailEnv } from '@app/config';
import { DeliveryRepository } from '@app/database';
import { failpoint } from '@app/failpoints';
import { retryUntilAnswered, type ConversionFinished, type Disposition } from '@app/messaging';
import { Injectable, Logger } from '@nestjs/common';
import { DeliveryLoops } from './delivery-loops.js';
import { notificationEventOf } from './notification-event.js';
import { Shutdown } from './shutdown.js';

/** Turns the message about a finished conversion into a delivery for each target. Only then it is acknowledged. */
@Injectable()
export class RecordDeliveriesUseCase {
  private readonly logger = new Logger(RecordDeliveriesUseCase.name);

  constructor(
    private readonly deliveries: DeliveryRepository,
    private readonly loops: DeliveryLoops,
    private readonly shutdown: Shutdown,
    private readonly emailEnv: EmailEnv,
  ) {}

  async execute(message: ConversionFinished): Promise<Disposition> {
    try {
      const count = await retryUntilAnswered(() => this.record(message), { signal: this.shutdown.signal });
      if (count > 0) this.logger.log({ msg: 'Notifications recorded', event_id: message.id, count });
      return 'ack';
    } catch (error) {
      if (this.shutdown.signal.aborted) return 'requeue';
      throw error;
    }
  }

  private async record(message: ConversionFinished): Promise<number> {
    const { id, occurred_at: occurredAt, data } = message;
    const { user_id: userId, notify_email: email = false, callback_url: callbackUrl = null, ...facts } = data;
    failpoint('deliveries.commit.before');
    const type = notificationEventOf(message);
    const event = { id, type, occurredAt: new Date(occurredAt), userId, facts };
    // Users who cancel a conversion do not need an email about it.
    const isMailed = email && type !== 'conversion.canceled' && this.emailEnv.isEmailEnabled;
    const count = await this.deliveries.record(event, { email: isMailed, callbackUrl });
    failpoint('deliveries.commit.after');
    if (count > 0) this.loops.wake();
    return count;
  }
}
