import { DomainError } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { Database } from './database.js';
import { MIGRATIONS } from '../migrations/index.js';

@Injectable()
export class DatabaseHealth {
  constructor(private readonly database: Database) {}

  /** Rejects with a sentence where the database cannot be reached or its schema is older than this program. */
  async check(): Promise<void> {
    const [schema] = await this.database.rows<{ exists: boolean }>(
      `SELECT to_regclass('migrations') IS NOT NULL AS exists`,
    );
    const applied = schema?.exists ? await this.database.rows<{ name: string }>('SELECT name FROM migrations') : [];
    const names = new Set(applied.map(({ name }) => name));
    if (MIGRATIONS.every((migration) => names.has(new migration().name))) return;
    throw new DomainError('database_unavailable', {
      message: 'The database schema is not up to date: run setup.',
    });
  }
}
