import { randomUUID } from 'node:crypto';
import {
  DeliveryLogRepository,
  MAX_WEBHOOKS_PER_USER,
  WebhookRepository,
  type LoggedDelivery,
  type Webhook,
  type WebhookChange,
} from '@app/database';
import { DomainError } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { SigningSecrets } from './signing-secrets.js';

export interface NewTarget {
  readonly url: string;
  readonly events: string[];
}

/** A webhook with the secret that was drawn for it: the only time that its owner sees it. */
export interface WebhookWithSecret {
  readonly webhook: Webhook;
  readonly secret: string;
}

/** Webhooks and their deliveries, for their owners. Another user's webhook is `not_found`, like one that does not exist. */
@Injectable()
export class WebhooksService {
  constructor(
    private readonly webhooks: WebhookRepository,
    private readonly log: DeliveryLogRepository,
    private readonly secrets: SigningSecrets,
  ) {}

  async create(userId: number, { url, events }: NewTarget): Promise<WebhookWithSecret> {
    const { text, sealed } = this.secrets.draw();
    const webhook = await this.webhooks.create({ id: randomUUID(), userId, url, events, secret: sealed });
    if (webhook === null) throw new DomainError('too_many_webhooks', { params: { limit: MAX_WEBHOOKS_PER_USER } });
    return { webhook, secret: text };
  }

  async list(userId: number): Promise<Webhook[]> {
    return this.webhooks.list(userId);
  }

  async get(id: string, userId: number): Promise<Webhook> {
    return found(await this.webhooks.findOwned(id, userId));
  }

  async change(id: string, userId: number, change: WebhookChange): Promise<Webhook> {
    return found(await this.webhooks.change(id, userId, change));
  }

  /** Draws another secret. The one before stays valid for a day. */
  async rotateSecret(id: string, userId: number): Promise<WebhookWithSecret> {
    const { text, sealed } = this.secrets.draw();
    return { webhook: found(await this.webhooks.rotateSecret(id, userId, sealed)), secret: text };
  }

  async delete(id: string, userId: number): Promise<void> {
    if (!(await this.webhooks.delete(id, userId))) throw new DomainError('not_found');
  }

  async deliveries(id: string, userId: number): Promise<LoggedDelivery[]> {
    return this.log.list((await this.get(id, userId)).id);
  }

  async test(id: string, userId: number): Promise<LoggedDelivery> {
    await this.requireEnabled(id, userId);
    return found(await this.log.test(id, userId));
  }

  async redeliver(id: string, deliveryId: string, userId: number): Promise<LoggedDelivery> {
    await this.requireEnabled(id, userId);
    return found(await this.log.redeliver(deliveryId, id));
  }

  private async requireEnabled(id: string, userId: number): Promise<void> {
    const { disabledAt } = await this.get(id, userId);
    if (disabledAt !== null) throw new DomainError('webhook_disabled');
  }
}

function found<T>(value: T | null): T {
  if (value === null) throw new DomainError('not_found');
  return value;
}
