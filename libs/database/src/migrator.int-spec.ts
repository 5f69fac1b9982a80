import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DatabaseFixture, createTestDatabase } from '@app/testing';
import { DatabaseEnv } from './database.env.js';
import { DatabaseHealth } from './database-health.js';
import { MIGRATIONS } from './migrations/index.js';
import { revertMigration, runMigrations, schemaDrift, type Statement } from './migrator.js';

describe('migrations', () => {
  let fixture: DatabaseFixture;
  beforeAll(async () => {
    fixture = await DatabaseFixture.create();
  });
  afterAll(() => fixture.remove());

  it('leave no drift between the schema and the entities', async () => {
    expect(await schemaDrift(fixture.env)).toEqual({ up: [], down: [] });
  });

  it('show the way to what the entities say, and back, where the schema was changed behind their back', async () => {
    const run = async (statements: readonly Statement[]): Promise<void> => {
      for (const { sql, parameters } of statements) await fixture.database.rows(sql, parameters);
    };
    await fixture.database.rows('ALTER TABLE outbox ALTER COLUMN attempts DROP NOT NULL');
    await fixture.database.rows('ALTER TABLE outbox DROP COLUMN topic');
    const drift = await schemaDrift(fixture.env);
    expect(drift.up.length).toBeGreaterThan(1);
    await run(drift.up);
    expect(await schemaDrift(fixture.env)).toEqual({ up: [], down: [] });
    await run(drift.down);
    expect(await schemaDrift(fixture.env)).toEqual(drift);
    await run(drift.up);
  });

  it('run once, however many run them at the same time, and can be reverted and run again', async () => {
    const { url, drop } = await createTestDatabase();
    const env = Object.assign(new DatabaseEnv(), { DATABASE_URL: url });
    const applied = await Promise.all([runMigrations(env), runMigrations(env), runMigrations(env)]);
    expect(applied.flat()).toHaveLength(MIGRATIONS.length);
    for (const _ of MIGRATIONS) await revertMigration(env);
    expect(await runMigrations(env)).toHaveLength(MIGRATIONS.length);
    await drop();
  });

  it('are what the health check asks for', async () => {
    await expect(new DatabaseHealth(fixture.database).check()).resolves.toBeUndefined();
    const { url, drop } = await createTestDatabase();
    await expect(new DatabaseHealth(fixture.connect(url)).check()).rejects.toThrow('run setup');
    await drop();
  });
});
