import { DELIVERY_STATUSES, LOGGED_ATTEMPTS, LOGGED_DELIVERIES, TEST_EVENT } from '@app/database';
import type { LoggedAttempt, LoggedDelivery } from '@app/database';
import { NOTIFICATION_EVENTS } from '@app/domain';
import { ApiProperty, ApiSchema } from '@nestjs/swagger';

@ApiSchema({ name: 'DeliveryAttempt' })
export class DeliveryAttemptDto {
  @ApiProperty({ description: 'Counts the attempts; 1 is the first.', type: 'integer', minimum: 1, example: 1 })
  readonly attempt: number;

  @ApiProperty({ description: 'When it started, in UTC.', format: 'date-time', example: '2026-01-31T12:00:05.000Z' })
  readonly started_at: string;

  @ApiProperty({ description: 'How long it took, in seconds.', type: Number, minimum: 0, example: 0.131 })
  readonly duration: number;

  @ApiProperty({
    description: 'The HTTP status that your server answered with; null without an answer, and for emails.',
    type: 'integer',
    nullable: true,
    example: 500,
  })
  readonly http_status: number | null;

  @ApiProperty({
    description: 'Why it failed; null if it succeeded.',
    type: String,
    nullable: true,
    example: 'The server answered 500.',
  })
  readonly error: string | null;

  constructor({ attempt, startedAt, durationMs, httpStatus, error }: LoggedAttempt) {
    this.attempt = attempt;
    this.started_at = startedAt;
    this.duration = durationMs / 1000;
    this.http_status = httpStatus;
    this.error = error;
  }
}

@ApiSchema({ name: 'Delivery' })
export class DeliveryDto {
  @ApiProperty({
    description: 'Identifies the delivery.',
    format: 'uuid',
    example: '9d4e2c7a-51a8-4f0e-8f43-2f6f2f0a9c11',
  })
  readonly id: string;

  @ApiProperty({
    description: 'Identifies the event: the header `webhook-id` of every attempt.',
    format: 'uuid',
    example: '5b7c1f3d-0c0f-4f6e-9f57-6a0f1f9d2c40',
  })
  readonly event_id: string;

  @ApiProperty({
    description: 'What happened. Only webhooks get `webhook.test`, and only emails report `webhook.disabled`.',
    enum: [...NOTIFICATION_EVENTS, TEST_EVENT, 'webhook.disabled'],
    type: String,
    example: 'conversion.done',
  })
  readonly event: string;

  @ApiProperty({
    description: 'The `id` of the conversion job; null if the event is about no job.',
    type: String,
    format: 'uuid',
    nullable: true,
    example: '0b0f4e0c-6d0c-4bb7-9c39-5d0f6c8d1f11',
  })
  readonly job_id: string | null;

  @ApiProperty({
    description: 'The name of the uploaded file; null if the event is about no job.',
    type: String,
    nullable: true,
    example: 'clip.mp4',
  })
  readonly filename: string | null;

  @ApiProperty({
    description: '`PENDING`: it is, or will be, attempted. `DELIVERED`: the server accepted it. `FAILED`: given up.',
    enum: [...DELIVERY_STATUSES],
    type: String,
    example: 'PENDING',
  })
  readonly status: string;

  @ApiProperty({
    description: 'Why it failed, or why the last attempt did; null if neither did.',
    type: String,
    nullable: true,
    example: null,
  })
  readonly error: string | null;

  @ApiProperty({
    description: 'When the event was recorded, in UTC.',
    format: 'date-time',
    example: '2026-01-31T12:00:05.000Z',
  })
  readonly created_at: string;

  @ApiProperty({
    description: 'When the next attempt is due, in UTC; null if there is none.',
    type: String,
    format: 'date-time',
    nullable: true,
    example: '2026-01-31T12:00:10.000Z',
  })
  readonly next_attempt_at: string | null;

  @ApiProperty({
    description: 'When it was delivered or failed for good, in UTC; null before that.',
    type: String,
    format: 'date-time',
    nullable: true,
    example: null,
  })
  readonly finished_at: string | null;

  @ApiProperty({
    description: `The attempts, oldest first; the last ${LOGGED_ATTEMPTS} of them.`,
    type: [DeliveryAttemptDto],
    maxItems: LOGGED_ATTEMPTS,
  })
  readonly attempts: DeliveryAttemptDto[];

  constructor(delivery: LoggedDelivery) {
    this.id = delivery.id;
    this.event_id = delivery.eventId;
    this.event = delivery.eventType;
    this.job_id = delivery.jobId;
    this.filename = delivery.filename;
    this.status = delivery.status;
    this.error = delivery.lastError;
    this.created_at = delivery.createdAt.toISOString();
    this.next_attempt_at = delivery.status === 'PENDING' ? delivery.nextAttemptAt.toISOString() : null;
    this.finished_at = delivery.finishedAt?.toISOString() ?? null;
    this.attempts = delivery.attempts.map((attempt) => new DeliveryAttemptDto(attempt));
  }
}

@ApiSchema({ name: 'DeliveryList' })
export class DeliveryListDto {
  @ApiProperty({
    description: `The last ${LOGGED_DELIVERIES} deliveries, newest first.`,
    type: [DeliveryDto],
    maxItems: LOGGED_DELIVERIES,
  })
  readonly items: DeliveryDto[];

  constructor(deliveries: readonly LoggedDelivery[]) {
    this.items = deliveries.map((delivery) => new DeliveryDto(delivery));
  }
}
