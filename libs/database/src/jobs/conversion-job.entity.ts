import { CONVERSION_STATUSES, type ConversionStatus, type FailureCode, type OutputEncoding } from '@app/domain';
import { Check, Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { bigint } from '../connection/bigint.js';
import { User } from '../users/user.entity.js';
import { Source } from './source.entity.js';

/**
 * A request to convert a source, with its current state. No index contains `lease_until`, `progress`, `revision` or
 * `updated_at`: the heartbeat writes them every second and must stay a heap-only update.
 */
@Entity('conversion_jobs')
@Check('conversion_jobs_status_check', `status IN (${CONVERSION_STATUSES.map((status) => `'${status}'`).join(', ')})`)
@Check('conversion_jobs_lease_check', `(status = 'PROCESSING') = (lease_token IS NOT NULL)`)
@Index('conversion_jobs_owner_idx', ['userId', 'createdAt', 'id'])
@Index('conversion_jobs_owner_status_idx', ['userId', 'status', 'createdAt', 'id'])
@Index('conversion_jobs_source_idx', ['sourceId'])
@Index('conversion_jobs_changed_idx', ['changedAt'])
@Index('conversion_jobs_fresh_idx', ['userId', 'createdAt'], {
  where: `status = 'PENDING' AND dispatched_at IS NULL AND attempt = 0`,
})
@Index('conversion_jobs_returned_idx', ['userId', 'dispatchAfter'], {
  where: `status = 'PENDING' AND dispatched_at IS NULL AND attempt > 0`,
})
@Index('conversion_jobs_out_idx', ['dispatchedAt', 'userId'], {
  where: `status = 'PENDING' AND dispatched_at IS NOT NULL`,
})
@Index('conversion_jobs_running_idx', ['id'], { where: `status = 'PROCESSING'` })
@Index('conversion_jobs_finished_idx', ['finishedAt'], { where: 'finished_at IS NOT NULL' })
export class ConversionJob {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'conversion_jobs_pkey' })
  id: string;

  @Column({ name: 'user_id', type: 'integer' })
  userId: number;

  @ManyToOne(() => User, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'conversion_jobs_user_id_fkey' })
  user?: Relation<User>;

  @Column({ name: 'source_id', type: 'uuid' })
  sourceId: string;

  @ManyToOne(() => Source)
  @JoinColumn({ name: 'source_id', foreignKeyConstraintName: 'conversion_jobs_source_id_fkey' })
  sourceRow?: Relation<Source>;

  /** This and the next three columns are copies from the source's row, where they never change. */
  @Column({ name: 'source_key', type: 'text' })
  sourceKey: string;

  @Column({ name: 'source_filename', type: 'text' })
  sourceFilename: string;

  @Column({ name: 'source_size', type: 'bigint', transformer: bigint })
  sourceSize: number;

  @Column({ name: 'source_format', type: 'text' })
  sourceFormat: string;

  /** For the facts that a run finds in the source, such as its tracks and tags; always null until runs record them. */
  @Column({ type: 'jsonb', nullable: true })
  source: object | null;

  @Column({ type: 'jsonb', default: {} })
  options: object;

  /** True if the owner gets an email when it ends. */
  @Column({ name: 'notify_email', type: 'boolean', default: false })
  notifyEmail: boolean;

  /** Called when it ends. */
  @Column({ name: 'callback_url', type: 'text', nullable: true })
  callbackUrl: string | null;

  @Column({ name: 'output_key', type: 'text', nullable: true })
  outputKey: string | null;

  @Column({ name: 'output_size', type: 'bigint', nullable: true, transformer: bigint })
  outputSize: number | null;

  @Column({ name: 'output_sha256', type: 'text', nullable: true })
  outputSha256: string | null;

  /** The time at which the output was deleted at the end of its retention period. */
  @Column({ name: 'output_expired_at', type: 'timestamptz', nullable: true })
  outputExpiredAt: Date | null;

  @Column({ name: 'duration_ms', type: 'bigint', nullable: true, transformer: bigint })
  durationMs: number | null;

  @Column({ type: 'text', nullable: true })
  encoding: OutputEncoding | null;

  @Column({ type: 'text', default: 'PENDING' })
  status: ConversionStatus;

  @Column({ type: 'text', nullable: true })
  error: FailureCode | null;

  /** The parameters of the error's sentence. Read them with `readFailureParams`. */
  @Column({ name: 'error_params', type: 'jsonb', nullable: true })
  errorParams: object | null;

  @Column({ type: 'jsonb', nullable: true })
  warnings: object | null;

  /** The progress of the current run in percent. */
  @Column({ type: 'smallint', default: 0 })
  progress: number;

  /** Increases with every change that the owner can see. */
  @Column({ type: 'integer', default: 0 })
  revision: number;

  /** The number of claims so far; never decreases. */
  @Column({ type: 'integer', default: 0 })
  attempt: number;

  @Column({ name: 'max_attempts', type: 'integer' })
  maxAttempts: number;

  /** The attempts that do not count towards the limit: given back, or made before the owner's retry. */
  @Column({ name: 'uncounted_attempts', type: 'integer', default: 0 })
  uncountedAttempts: number;

  @Column({ name: 'lease_token', type: 'uuid', nullable: true })
  leaseToken: string | null;

  /** The worker process's random number: while its session advisory lock is held, the process is alive. */
  @Column({ name: 'lease_owner', type: 'bigint', nullable: true })
  leaseOwner: string | null;

  @Column({ name: 'lease_until', type: 'timestamptz', nullable: true })
  leaseUntil: Date | null;

  /** The earliest time of the next dispatch. The broker holds no delayed messages. */
  @Column({ name: 'dispatch_after', type: 'timestamptz', default: () => 'now()' })
  dispatchAfter: Date;

  /** When the wake-up message was last published; null while the job waits for its turn. */
  @Column({ name: 'dispatched_at', type: 'timestamptz', nullable: true })
  dispatchedAt: Date | null;

  /** The id of the upload request, carried to the worker's log. */
  @Column({ name: 'request_id', type: 'text', nullable: true })
  requestId: string | null;

  @Column({ type: 'text', nullable: true })
  traceparent: string | null;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;

  /** When any column was last written, also by a heartbeat. */
  @Column({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt: Date;

  /** When the status last changed. */
  @Column({ name: 'changed_at', type: 'timestamptz', default: () => 'now()' })
  changedAt: Date;

  /** When the current or last run was claimed; null while the job waits. */
  @Column({ name: 'started_at', type: 'timestamptz', nullable: true })
  startedAt: Date | null;

  @Column({ name: 'finished_at', type: 'timestamptz', nullable: true })
  finishedAt: Date | null;
}
