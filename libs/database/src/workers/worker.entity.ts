import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A worker process that takes jobs. The row of one that died is ignored once it was not seen for a lease. */
@Entity('workers')
export class Worker {
  /** The random number of the process, as in `conversion_jobs.lease_owner`. */
  @PrimaryColumn({ type: 'bigint', primaryKeyConstraintName: 'workers_pkey' })
  owner: string;

  /** The number of jobs that it runs at once. */
  @Column({ type: 'integer' })
  slots: number;

  @Column({ name: 'seen_at', type: 'timestamptz', default: () => 'now()' })
  seenAt: Date;
}
