import { PublicUrlEnv } from '@app/config';
import type { TakenDelivery } from '@app/database';
import { Injectable } from '@nestjs/common';
import { WebhookCaller } from '../webhook/webhook-caller.js';
import { signatureHeaders } from '../webhook/webhook-signature.js';
import { DeliverySender, type SendResult } from './delivery-sender.js';
import { eventBody } from './event-body.js';
import { WEBHOOK_DELAYS } from './retry-schedule.js';
import { WebhookTargets } from './webhook-targets.js';

const STATUS_GONE = 410;
const NOT_CALLED: SendResult = { httpStatus: null, error: 'The webhook was deleted or disabled.', isFinal: true };

/** Calls the webhooks of users, and the callbacks that uploads asked for. */
@Injectable()
export class WebhookDeliveries extends DeliverySender {
  override readonly channel = 'webhook';
  override readonly delays = WEBHOOK_DELAYS;
  override readonly perTarget = 4;

  constructor(
    private readonly targets: WebhookTargets,
    private readonly caller: WebhookCaller,
    private readonly env: PublicUrlEnv,
  ) {
    super();
  }

  override async send(delivery: TakenDelivery, signal: AbortSignal): Promise<SendResult> {
    const target = await this.targets.find(delivery);
    if (target === null) return NOT_CALLED;
    const body = eventBody(delivery, this.env.publicUrl);
    const timestamp = Math.floor(new Date().getTime() / 1000);
    const headers = signatureHeaders({ id: delivery.eventId, timestamp, body }, target.secrets);
    const answer = await this.caller.call({ url: target.url, headers, body, signal });
    const isGone = answer.httpStatus === STATUS_GONE;
    if (answer.error === null) await this.targets.report(delivery, 'delivered');
    else await this.targets.report(delivery, isGone ? 'gone' : 'failing');
    return { ...answer, isFinal: isGone };
  }
}
