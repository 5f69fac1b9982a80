import { Check, Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, Unique, type Relation } from 'typeorm';
import { User } from '../users/user.entity.js';
import { Webhook } from './webhook.entity.js';

export const DELIVERY_CHANNELS = ['email', 'webhook'] as const;
export type DeliveryChannel = (typeof DELIVERY_CHANNELS)[number];

export const DELIVERY_STATUSES = ['PENDING', 'DELIVERED', 'FAILED'] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

const listed = (values: readonly string[]): string => values.map((value) => `'${value}'`).join(', ');

/** One event for one target, until it is delivered or has failed for good. */
@Entity('deliveries')
@Unique('deliveries_event_target_key', ['eventId', 'target'])
@Check('deliveries_status_check', `status IN (${listed(DELIVERY_STATUSES)})`)
@Check('deliveries_channel_check', `channel IN (${listed(DELIVERY_CHANNELS)})`)
@Index('deliveries_due_idx', ['channel', 'nextAttemptAt'], { where: `status = 'PENDING'` })
@Index('deliveries_webhook_idx', ['webhookId', 'createdAt'])
@Index('deliveries_mail_idx', ['mailId'], { where: 'mail_id IS NOT NULL' })
@Index('deliveries_owner_idx', ['userId', 'createdAt'])
@Index('deliveries_created_idx', ['createdAt'])
export class Delivery {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'deliveries_pkey' })
  id: string;

  @Column({ name: 'event_id', type: 'uuid' })
  eventId: string;

  /** `email:<user id>`, `webhook:<id>`, or `callback:<origin>`. Deliveries to one target are bounded together. */
  @Column({ type: 'text' })
  target: string;

  @Column({ type: 'text' })
  channel: DeliveryChannel;

  @Column({ name: 'user_id', type: 'integer' })
  userId: number;

  @ManyToOne(() => User, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'deliveries_user_id_fkey' })
  user?: Relation<User>;

  @Column({ name: 'webhook_id', type: 'uuid', nullable: true })
  webhookId: string | null;

  @ManyToOne(() => Webhook, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'webhook_id', foreignKeyConstraintName: 'deliveries_webhook_id_fkey' })
  webhook?: Relation<Webhook>;

  /** The address that the upload asked to be called. */
  @Column({ name: 'callback_url', type: 'text', nullable: true })
  callbackUrl: string | null;

  @Column({ name: 'event_type', type: 'text' })
  eventType: string;

  @Column({ name: 'occurred_at', type: 'timestamptz' })
  occurredAt: Date;

  /** The facts of the event at the time it happened. */
  @Column({ type: 'jsonb' })
  facts: object;

  /** The delivery that its mail is named after; fixed before the mail is first sent. The Message-ID comes from it. */
  @Column({ name: 'mail_id', type: 'uuid', nullable: true })
  mailId: string | null;

  @Column({ type: 'text', default: 'PENDING' })
  status: DeliveryStatus;

  /** The number of attempts that were started. Results of earlier attempts are ignored. */
  @Column({ type: 'integer', default: 0 })
  attempt: number;

  /** The attempts before its retry schedule began: 0, or those before the last redelivery. */
  @Column({ name: 'attempts_before', type: 'integer', default: 0 })
  attemptsBefore: number;

  /** Not before; during an attempt, when another process may take it over. */
  @Column({ name: 'next_attempt_at', type: 'timestamptz', default: () => 'now()' })
  nextAttemptAt: Date;

  @Column({ name: 'last_error', type: 'text', nullable: true })
  lastError: string | null;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;

  @Column({ name: 'finished_at', type: 'timestamptz', nullable: true })
  finishedAt: Date | null;
}
