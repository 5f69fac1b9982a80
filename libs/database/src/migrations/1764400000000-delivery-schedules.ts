import type { MigrationInterface, QueryRunner } from 'typeorm';

export class DeliverySchedules1764400000000 implements MigrationInterface {
  readonly name = 'DeliverySchedules1764400000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE deliveries ADD COLUMN attempts_before integer NOT NULL DEFAULT 0');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE deliveries DROP COLUMN attempts_before');
  }
}
