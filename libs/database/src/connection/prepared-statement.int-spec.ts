import { DatabaseFixture, FaultProxy, waitFor } from '@app/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { createDatabase } from './create-database.js';
import { DatabaseEnv } from './database.env.js';
import { wasRejected } from './database-errors.js';
import type { Database } from './database.js';
import type { PreparedStatement } from './prepared-statement.js';

const SHORT = { connectMs: 1_000, queryMs: 1_000 };
/** Counts itself if it is a prepared statement of its session. */
const OWN: PreparedStatement = {
  name: 'own',
  text: `SELECT count(*)::int AS prepared, $1::text AS value FROM pg_prepared_statements WHERE name = 'own'`,
};

describe('a prepared statement', () => {
  let fixture: DatabaseFixture;
  let proxy: FaultProxy;
  let sut: Database;

  beforeAll(async () => {
    fixture = await DatabaseFixture.create();
  });
  beforeEach(async () => {
    const { hostname, port } = new URL(fixture.env.DATABASE_URL);
    proxy = await FaultProxy.start(hostname, Number(port));
    sut = fixture.connect(proxy.via(fixture.env.DATABASE_URL), SHORT);
  });
  afterEach(() => proxy.close());
  afterAll(() => fixture.remove());

  it('is prepared by its connection, and takes other values each time', async () => {
    expect(await sut.prepared(OWN, ['a'])).toEqual([{ prepared: 1, value: 'a' }]);
    expect(await sut.prepared(OWN, ['b'])).toEqual([{ prepared: 1, value: 'b' }]);
  });

  it('is an ordinary statement behind a transaction pooler', async () => {
    const pooled = createDatabase(Object.assign(new DatabaseEnv(), fixture.env, { DATABASE_POOLER: 'transaction' }));
    onTestFinished(() => pooled.onApplicationShutdown());
    expect(await pooled.prepared(OWN, ['a'])).toEqual([{ prepared: 0, value: 'a' }]);
  });

  it('is not waited for without end if the database is frozen, and its connection is not used again', async () => {
    await sut.prepared(OWN, ['a']);
    proxy.hold();
    await expect(sut.prepared(OWN, ['b'])).rejects.toMatchObject({ code: 'database_unavailable' });
    proxy.release();
    expect(await waitFor(() => sut.prepared(OWN, ['c']), { what: 'an answer' })).toEqual([{ prepared: 1, value: 'c' }]);
  });

  it('that the server rejects has certainly changed nothing', async () => {
    const rejected = sut.prepared({ name: 'rejected', text: 'SELECT 1 / $1::int' }, [0]);
    const error = await rejected.catch((thrown: unknown) => thrown);
    expect(wasRejected(error)).toBe(true);
  });
});
