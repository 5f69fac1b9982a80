import type { Webhook } from '@app/database';
import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { EVENTS_PROPERTY, URL_PROPERTY } from './webhook-request.dto.js';
import type { WebhookWithSecret } from './webhooks.service.js';

const DISABLED_REASONS = ['owner', 'gone', 'failing'];

@ApiSchema({ name: 'Webhook' })
export class WebhookDto {
  @ApiProperty({
    description: 'Identifies the webhook.',
    format: 'uuid',
    example: '3f0c8f0e-8a3c-4a55-9b0a-0d3f5a1c7e21',
  })
  readonly id: string;

  @ApiProperty(URL_PROPERTY)
  readonly url: string;

  @ApiProperty(EVENTS_PROPERTY)
  readonly events: string[];

  @ApiProperty({ description: 'Whether it is called.', type: Boolean, example: true })
  readonly enabled: boolean;

  @ApiProperty({
    description:
      'Why it is disabled; null if it is not. `owner`: by a request. `gone`: its server answered 410. `failing`: all ' +
      'calls failed for five days.',
    type: String,
    enum: [...DISABLED_REASONS, null],
    nullable: true,
    example: null,
  })
  readonly disabled_reason: string | null;

  @ApiProperty({
    description: 'When the first call failed since the last one that succeeded, in UTC; null if none did.',
    type: String,
    format: 'date-time',
    nullable: true,
    example: null,
  })
  readonly failing_since: string | null;

  @ApiProperty({
    description: 'Until when the secret before the last rotation signs too, in UTC; null if there is none.',
    type: String,
    format: 'date-time',
    nullable: true,
    example: null,
  })
  readonly previous_secret_until: string | null;

  @ApiProperty({
    description: 'When it was created, in UTC.',
    format: 'date-time',
    example: '2026-01-31T12:00:00.000Z',
  })
  readonly created_at: string;

  constructor(webhook: Webhook) {
    const { previousSecretUntil: until } = webhook;
    this.id = webhook.id;
    this.url = webhook.url;
    this.events = webhook.events;
    this.enabled = webhook.disabledAt === null;
    this.disabled_reason = webhook.disabledReason;
    this.failing_since = webhook.failingSince?.toISOString() ?? null;
    this.previous_secret_until = until !== null && until > new Date() ? until.toISOString() : null;
    this.created_at = webhook.createdAt.toISOString();
  }
}

@ApiSchema({ name: 'WebhookWithSecret' })
export class WebhookWithSecretDto extends WebhookDto {
  @ApiProperty({
    description: 'Signs the calls. It is shown only once: keep it where your server can read it.',
    pattern: '^whsec_[A-Za-z0-9+/]+=*$',
    example: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwvJ0mBz1Tn3U=',
  })
  readonly secret: string;

  constructor({ webhook, secret }: WebhookWithSecret) {
    super(webhook);
    this.secret = secret;
  }
}

@ApiSchema({ name: 'WebhookList' })
export class WebhookListDto {
  @ApiProperty({ description: 'The webhooks, oldest first.', type: [WebhookDto] })
  readonly items: WebhookDto[];

  constructor(webhooks: readonly Webhook[]) {
    this.items = webhooks.map((webhook) => new WebhookDto(webhook));
  }
}
