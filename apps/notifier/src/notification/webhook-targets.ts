import { randomUUID } from 'node:crypto';
import type { EmailEnv } from '@app/config';
import type { DeliveryRepository, TakenDelivery, UserRepository, Webhook, WebhookRepository } from '@app/database';
import type { SecretBox } from '@app/secrets';

export interface WebhookTarget {
  readonly url: string;
  /** The secrets in clear text; two during a rotation. */
  readonly secrets: readonly string[];
}

export type WebhookHealth = 'delivered' | 'failing' | 'gone';

/** Finds the targets of webhook deliveries, and disables webhooks that keep failing. */
export class WebhookTargets {
  constructor(
    private readonly webhooks: WebhookRepository,
    private readonly users: UserRepository,
    private readonly deliveries: DeliveryRepository,
    private readonly box: SecretBox,
    private readonly emailEnv: EmailEnv,
  ) {}

  /** Returns null if the webhook is disabled or deleted, or the user has no callback secret. */
  async find({ webhookId, callbackUrl, userId }: TakenDelivery): Promise<WebhookTarget | null> {
    if (webhookId !== null) {
      const webhook = await this.webhooks.findEnabled(webhookId);
      return webhook === null ? null : { url: webhook.url, secrets: this.secretsOf(webhook) };
    }
    const user = await this.users.findById(userId);
    if (callbackUrl === null || user?.callbackSecret == null) return null;
    return { url: callbackUrl, secrets: [this.box.open(user.callbackSecret)] };
  }

  /** Records the result. Disables a webhook that is gone or has failed for days, and emails its owner. */
  async report({ webhookId, userId }: TakenDelivery, health: WebhookHealth): Promise<void> {
    if (webhookId === null) return;
    if (health === 'delivered') return this.webhooks.recordSuccess(webhookId);
    const isDisabled =
      health === 'gone' ? await this.webhooks.markGone(webhookId) : await this.webhooks.recordFailure(webhookId);
    if (!isDisabled) return;
    const facts = { webhook_id: webhookId, reason: health };
    const event = { id: randomUUID(), type: 'webhook.disabled', occurredAt: new Date(), userId, facts };
    await this.deliveries.record(event, { email: this.emailEnv.isEmailEnabled, callbackUrl: null });
  }

  private secretsOf({ secret, previousSecret, previousSecretUntil }: Webhook): string[] {
    const isPreviousValid = previousSecretUntil !== null && previousSecretUntil > new Date();
    const sealed = previousSecret !== null && isPreviousValid ? [secret, previousSecret] : [secret];
    return sealed.map((each) => this.box.open(each));
  }
}
