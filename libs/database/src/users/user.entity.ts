import { Column, CreateDateColumn, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

@Entity('users')
// Unique without regard to case: expression indexes, which only the migration can describe.
@Index('users_username_key', { synchronize: false })
@Index('users_email_key', { synchronize: false })
export class User {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'users_pkey',
  })
  id: number;

  @Column({ type: 'text' })
  username: string;

  @Column({ type: 'text', nullable: true })
  email: string | null;

  /** When the address was confirmed with a link sent to it; nothing else is sent there before. */
  @Column({ name: 'email_verified_at', type: 'timestamptz', nullable: true })
  emailVerifiedAt: Date | null;

  /** True if uploads notify by email by default. */
  @Column({ name: 'notify_email', type: 'boolean', default: false })
  notifyEmail: boolean;

  /** Signs the callbacks that uploads ask for; encrypted. */
  @Column({ name: 'callback_secret', type: 'bytea', nullable: true })
  callbackSecret: Buffer | null;

  /** SHA-256 of the token that was mailed last; null once it was used. */
  @Column({ name: 'password_reset_hash', type: 'bytea', nullable: true })
  passwordResetHash: Buffer | null;

  @Column({ name: 'password_reset_until', type: 'timestamptz', nullable: true })
  passwordResetUntil: Date | null;

  @Column({ name: 'password_hash', type: 'text' })
  passwordHash: string;

  /** Access tokens with another version are not valid. Increases with every change of the password. */
  @Column({ name: 'token_version', type: 'integer', default: 0 })
  tokenVersion: number;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;
}
