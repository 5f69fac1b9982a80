import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, Unique, type Relation } from 'typeorm';
import { bigint } from '../connection/bigint.js';
import { User } from '../users/user.entity.js';

/**
 * An uploaded video, which several jobs can share. Whoever adds a job to it, or puts one back in line, locks the row
 * FOR SHARE first. Whoever deletes or expires it locks the row FOR UPDATE, and looks at its jobs in a later statement:
 * only that one sees the jobs that were added before the lock was free.
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

  /** When the video was deleted because it was kept for long enough; its jobs remain. */
  @Column({ name: 'expired_at', type: 'timestamptz', nullable: true })
  expiredAt: Date | null;
}
