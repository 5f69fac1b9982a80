import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Notifications1764300000000 implements MigrationInterface {
  readonly name = 'Notifications1764300000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE users
        ADD COLUMN email_verified_at timestamptz,
        ADD COLUMN notify_email boolean NOT NULL DEFAULT false,
        ADD COLUMN callback_secret bytea,
        ADD COLUMN password_reset_hash bytea,
        ADD COLUMN password_reset_until timestamptz`);
    await runner.query(`
      ALTER TABLE conversion_jobs
        ADD COLUMN notify_email boolean NOT NULL DEFAULT false,
        ADD COLUMN callback_url text`);
    await createWebhooks(runner);
    await createDeliveries(runner);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE delivery_attempts');
    await runner.query('DROP TABLE deliveries');
    await runner.query('DROP TABLE webhooks');
    await runner.query('ALTER TABLE conversion_jobs DROP COLUMN notify_email, DROP COLUMN callback_url');
    await runner.query(`
      ALTER TABLE users
        DROP COLUMN email_verified_at, DROP COLUMN notify_email, DROP COLUMN callback_secret,
        DROP COLUMN password_reset_hash, DROP COLUMN password_reset_until`);
  }
}

async function createWebhooks(runner: QueryRunner): Promise<void> {
  await runner.query(`
    CREATE TABLE webhooks (
      id uuid CONSTRAINT webhooks_pkey PRIMARY KEY,
      user_id integer NOT NULL CONSTRAINT webhooks_user_id_fkey REFERENCES users (id) ON DELETE CASCADE,
      url text NOT NULL,
      events text[] NOT NULL,
      secret bytea NOT NULL,
      previous_secret bytea,
      previous_secret_until timestamptz,
      failing_since timestamptz,
      disabled_at timestamptz,
      disabled_reason text,
      created_at timestamptz NOT NULL DEFAULT now()
    )`);
  await runner.query('CREATE INDEX webhooks_owner_idx ON webhooks (user_id, created_at)');
}

async function createDeliveries(runner: QueryRunner): Promise<void> {
  await runner.query(`
    CREATE TABLE deliveries (
      id uuid CONSTRAINT deliveries_pkey PRIMARY KEY,
      event_id uuid NOT NULL,
      target text NOT NULL,
      channel text NOT NULL,
      user_id integer NOT NULL CONSTRAINT deliveries_user_id_fkey REFERENCES users (id) ON DELETE CASCADE,
      webhook_id uuid CONSTRAINT deliveries_webhook_id_fkey REFERENCES webhooks (id) ON DELETE CASCADE,
      callback_url text,
      event_type text NOT NULL,
      occurred_at timestamptz NOT NULL,
      facts jsonb NOT NULL,
      mail_id uuid,
      status text NOT NULL DEFAULT 'PENDING',
      attempt integer NOT NULL DEFAULT 0,
      next_attempt_at timestamptz NOT NULL DEFAULT now(),
      last_error text,
      created_at timestamptz NOT NULL DEFAULT now(),
      finished_at timestamptz,
      CONSTRAINT deliveries_event_target_key UNIQUE (event_id, target),
      CONSTRAINT deliveries_status_check CHECK (status IN ('PENDING', 'DELIVERED', 'FAILED')),
      CONSTRAINT deliveries_channel_check CHECK (channel IN ('email', 'webhook'))
    )`);
  await runner.query(
    `CREATE INDEX deliveries_due_idx ON deliveries (channel, next_attempt_at) WHERE status = 'PENDING'`,
  );
  await runner.query(`CREATE INDEX deliveries_webhook_idx ON deliveries (webhook_id, created_at)`);
  await runner.query('CREATE INDEX deliveries_mail_idx ON deliveries (mail_id) WHERE mail_id IS NOT NULL');
  await runner.query(`CREATE INDEX deliveries_owner_idx ON deliveries (user_id, created_at)`);
  await runner.query('CREATE INDEX deliveries_created_idx ON deliveries (created_at)');
  await runner.query(`
    CREATE TABLE delivery_attempts (
      delivery_id uuid NOT NULL CONSTRAINT delivery_attempts_delivery_id_fkey REFERENCES deliveries (id) ON DELETE CASCADE,
      attempt integer NOT NULL,
      started_at timestamptz NOT NULL,
      duration_ms integer NOT NULL,
      http_status integer,
      error text,
      CONSTRAINT delivery_attempts_pkey PRIMARY KEY (delivery_id, attempt)
    )`);
}
