import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DatabaseFixture, createTestDatabase, type TestDatabase } from '@app/testing';
import { DatabaseEnv } from '../connection/database.env.js';
import { DatabaseHealth } from '../connection/database-health.js';
import { MIGRATIONS } from './index.js';
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

  describe('where the database does not let them', () => {
    let database: TestDatabase;
    const user = `user_${randomBytes(8).toString('hex')}`;
    beforeAll(async () => {
      database = await createTestDatabase();
      await fixture.database.rows(`CREATE ROLE ${user} LOGIN PASSWORD 'secret'`);
    });
    afterAll(async () => {
      await database.drop();
      await fixture.database.rows(`DROP ROLE ${user}`);
    });

    const migrateAt = (changes: Partial<URL>): Promise<unknown> =>
      runMigrations(
        Object.assign(new DatabaseEnv(), { DATABASE_URL: Object.assign(new URL(database.url), changes).href }),
      );

    it.each([
      ['the password is wrong', { password: 'wrong' }, /rejects the user name or password: check DATABASE_URL/],
      ['there is no such database', { pathname: '/nowhere' }, /^There is no database "nowhere" .* create it/],
      ['the user cannot create tables', { username: user, password: 'secret' }, /cannot create tables .* its owner/],
      ['the server does not support TLS', { search: '?sslmode=verify-full' }, /does not support TLS: remove sslmode/],
    ])('say, where %s, what to do, and that waiting does not help', async (_, changes, sentence) => {
      await expect(migrateAt(changes)).rejects.toMatchObject({
        code: 'configuration_invalid',
        retryable: false,
        message: expect.stringMatching(sentence) as string,
      });
    });

    it('say that it may pass where nobody answers', async () => {
      await expect(migrateAt({ port: '1' })).rejects.toMatchObject({
        code: 'database_unavailable',
        retryable: true,
        message: 'The database at 127.0.0.1:1 cannot be reached.',
      });
    });
  });
});
