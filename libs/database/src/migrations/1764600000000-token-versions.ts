import type { MigrationInterface, QueryRunner } from 'typeorm';
import { changeWithShortLock } from './online-change.js';

export class TokenVersions1764600000000 implements MigrationInterface {
  readonly name = 'TokenVersions1764600000000';
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await changeWithShortLock(
      runner,
      'ALTER TABLE users ADD COLUMN IF NOT EXISTS token_version integer NOT NULL DEFAULT 0',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE users DROP COLUMN token_version');
  }
}
