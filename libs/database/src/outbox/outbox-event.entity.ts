import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** An event that was committed together with its cause and has not yet been confirmed by the broker. */
@Entity('outbox')
@Index('outbox_available_idx', ['availableAt'])
@Index('outbox_created_idx', ['createdAt'])
export class OutboxEvent {
  /** The message's id, the same whenever the event is published. */
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'outbox_pkey' })
  id: string;

  @Column({ type: 'text' })
  topic: string;

  /** The facts of the event. The relay checks them and builds the message. */
  @Column({ type: 'jsonb' })
  payload: object;

  @Column({ name: 'correlation_id', type: 'text', nullable: true })
  correlationId: string | null;

  @Column({ type: 'text', nullable: true })
  traceparent: string | null;

  @Column({ type: 'integer', default: 0 })
  attempts: number;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;

  @Column({ name: 'available_at', type: 'timestamptz', default: () => 'now()' })
  availableAt: Date;
}
