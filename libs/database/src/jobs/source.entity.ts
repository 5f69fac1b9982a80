import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, Unique, type Relation } from 'typeorm';
import { bigint } from '../connection/bigint.js';
import { User } from '../users/user.entity.js';

/**
 * An uploaded video, which several jobs can share. Transactions that add or retry a job lock the row FOR SHARE first.
 * Transactions that delete or expire the video lock the row FOR UPDATE, and read its jobs in a later statement: only
 * that statement sees the jobs that were added while they waited for the lock.
 */
@Entity('sources')
@Index('sources_owner_idx', ['userId'])
@Unique('sources_key_key', ['key'])
export class Source {
  /** The id of its first job. */
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'sources_pkey' })
  id: string;

  @Column({ name: 'user_id', type: 'integer' })
  userId: number;

  @ManyToOne(() => User, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'sources_user_id_fkey' })
  user?: Relation<User>;

  @Column({ type: 'text' })
  key: string;

  @Column({ type: 'text' })
  filename: string;

  @Column({ type: 'bigint', transformer: bigint })
  size: number;

  /** The container, detected from the content: `mp4`, `mov`, `matroska`, `webm`, … */
  @Column({ type: 'text' })
  format: string;

  /** Lower-case hexadecimal; null if it was not computed. */
  @Column({ type: 'text', nullable: true })
  sha256: string | null;

  /** The time at which the video was deleted at the end of its retention period. Its jobs remain. */
  @Column({ name: 'expired_at', type: 'timestamptz', nullable: true })
  expiredAt: Date | null;
}
