import { DatabaseFixture, FaultProxy, waitFor } from '@app/testing';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DatabaseEnv } from './database.env.js';
import { OwnerLock } from './owner-lock.js';

const HOLDERS = `SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND (classid::bigint << 32) + objid::bigint = $1::bigint`;

/** The release of the lock, one question, the next attempt to take it, and some more. */
const ENOUGH_STATEMENTS = 8;

describe('OwnerLock', () => {
  let fixture: DatabaseFixture;
  let proxy: FaultProxy;
  let cleanUp: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    fixture = await DatabaseFixture.create();
  });
  afterEach(async () => {
    for (const end of cleanUp.toReversed()) await end();
    cleanUp = [];
  });
  afterAll(() => fixture.remove());

  /** A lock, with a record of its events. */
  function aLock(url = fixture.env.DATABASE_URL): { sut: OwnerLock; changes: boolean[]; errors: unknown[] } {
    const changes: boolean[] = [];
    const errors: unknown[] = [];
    const sut = new OwnerLock(Object.assign(new DatabaseEnv(), { DATABASE_URL: url }), {
      onChange: (isHeld) => changes.push(isHeld),
      onError: (error) => errors.push(error),
    });
    cleanUp.push(() => sut.stop());
    return { sut, changes, errors };
  }

  async function aHeldLock(url?: string) {
    const lock = aLock(url);
    lock.sut.start();
    await waitFor(() => lock.sut.isHeld, { what: 'the lock', intervalMs: 5 });
    return lock;
  }

  async function behindProxy(): Promise<string> {
    const { hostname, port } = new URL(fixture.env.DATABASE_URL);
    proxy = await FaultProxy.start(hostname, Number(port));
    cleanUp.push(() => proxy.close());
    return proxy.via(fixture.env.DATABASE_URL);
  }

  async function holders(owner: string): Promise<number[]> {
    const rows = await fixture.database.rows<{ pid: number }>(HOLDERS, [owner]);
    return rows.map(({ pid }) => pid);
  }

  const isFree = async (owner: string): Promise<boolean> => (await holders(owner)).length === 0;

  it('holds the session lock of a number that no other process draws', async () => {
    const locks = [await aHeldLock(), await aHeldLock(), await aHeldLock()];
    for (const { sut, changes } of locks) {
      expect(await holders(sut.owner)).toHaveLength(1);
      expect(changes).toEqual([true]);
    }
    const numbers = locks.map(({ sut }) => BigInt(sut.owner));
    expect(new Set(numbers).size).toBe(3);
    for (const number of numbers) expect(number >= 0n && number < 2n ** 63n).toBe(true);
    // 31 bits would leave the upper half of all three empty.
    expect(numbers.some((number) => number >= 2n ** 32n)).toBe(true);
  });

  it('is free as soon as the connection dies, and is taken again by itself', async () => {
    const { sut, changes, errors } = await aHeldLock();
    const [backend] = await holders(sut.owner);
    await fixture.database.rows('SELECT pg_terminate_backend($1)', [backend]);
    await waitFor(() => changes.length === 3, { what: 'loss and return', intervalMs: 5 });
    expect(changes).toEqual([true, false, true]);
    expect(errors).toHaveLength(1);
    const [retakenBy] = await holders(sut.owner);
    expect(retakenBy).toBeDefined();
    expect(retakenBy).not.toBe(backend);
  });

  it('notices that its session does not hold the lock although the connection is fine, and takes it again', async () => {
    const { sut, changes } = await aHeldLock();
    const [backend] = await holders(sut.owner);
    await sut.prepared({ name: 'unlock', text: 'SELECT pg_advisory_unlock($1)' }, [sut.owner]);
    const statements = new Set<string>();
    const hasAskedOften = async (): Promise<boolean> => {
      const [session] = await fixture.database.rows<{ startedAt: string }>(
        'SELECT query_start::text AS "startedAt" FROM pg_stat_activity WHERE pid = $1',
        [backend],
      );
      return statements.add(session?.startedAt ?? '').size > ENOUGH_STATEMENTS;
    };
    await waitFor(async () => changes.length === 3 || (await hasAskedOften()), {
      what: 'loss and return',
      intervalMs: 5,
    });
    expect(changes).toEqual([true, false, true]);
    expect(await holders(sut.owner)).toHaveLength(1);
  });

  it('runs statements on its own connection, which a full pool does not delay', async () => {
    const { sut } = await aHeldLock();
    const [backend] =
      (await sut.prepared<{ pid: number }>({ name: 'backend', text: 'SELECT pg_backend_pid() AS pid' }, [])) ?? [];
    expect(await holders(sut.owner)).toEqual([backend?.pid]);
    await expect(sut.prepared({ name: 'failing', text: 'SELECT 1 / 0' }, [])).rejects.toThrow('division by zero');
    expect(sut.isHeld).toBe(true);
  });

  it('returns null for a statement while it has no connection, or if that breaks', async () => {
    const { sut } = await aHeldLock(await behindProxy());
    const statement = sut.prepared({ name: 'sleep', text: 'SELECT pg_sleep(600)' }, []);
    await proxy.refuse();
    proxy.cut();
    expect(await statement).toBeNull();
    await waitFor(() => !sut.isHeld, { what: 'the loss', intervalMs: 5 });
    expect(await sut.prepared({ name: 'one', text: 'SELECT 1' }, [])).toBeNull();
  });

  it('waits for a database that refuses connections, and reports the outage once', async () => {
    const { sut, changes, errors } = await aHeldLock(await behindProxy());
    await proxy.refuse();
    proxy.cut();
    await waitFor(() => changes.includes(false), { what: 'the loss', intervalMs: 5 });
    await waitFor(() => isFree(sut.owner), { what: 'the freed lock' });
    let attempts = 0;
    await waitFor(() => (attempts += 1) > 15, { intervalMs: 50, what: 'some attempts in vain' });
    expect(errors).toHaveLength(1);
    await proxy.refuse(false);
    await waitFor(() => sut.isHeld, { what: 'the lock' });
    expect(changes).toEqual([true, false, true]);
  });

  it('starts before its database', async () => {
    const url = await behindProxy();
    await proxy.refuse();
    const { sut, changes, errors } = aLock(url);
    sut.start();
    await waitFor(() => errors.length > 0, { what: 'the first failed connection' });
    expect(sut.isHeld).toBe(false);
    await proxy.refuse(false);
    await waitFor(() => sut.isHeld, { what: 'the lock' });
    expect(changes).toEqual([true]);
  });

  it('gives itself up when the database no longer answers', async () => {
    const { sut, changes } = await aHeldLock(await behindProxy());
    proxy.hold();
    await waitFor(() => !sut.isHeld, { what: 'the unanswered question' });
    proxy.release();
    await waitFor(() => sut.isHeld, { what: 'the lock' });
    expect(changes).toEqual([true, false, true]);
  });

  it('takes its number back from a connection that only the server still believes in', async () => {
    const { sut } = aLock();
    const ghost = new pg.Client({ connectionString: fixture.env.DATABASE_URL });
    const ended = new Promise<Error>((resolve) => ghost.on('error', resolve));
    await ghost.connect();
    await ghost.query('SELECT pg_advisory_lock($1)', [sut.owner]);
    sut.start();
    await waitFor(() => sut.isHeld, { what: 'the lock' });
    expect((await ended).message).toContain('terminating connection');
  });

  it('is free after stop(), and stays so', async () => {
    const { sut, changes, errors } = await aHeldLock();
    await sut.stop();
    expect(changes).toEqual([true, false]);
    await waitFor(() => isFree(sut.owner), { what: 'the freed lock', intervalMs: 5 });
    expect(errors).toEqual([]);
  });

  it('stops in front of a frozen database', async () => {
    const { sut, changes } = await aHeldLock(await behindProxy());
    proxy.hold();
    await sut.stop();
    expect(changes).toEqual([true, false]);
    expect(sut.isHeld).toBe(false);
  });

  it('stops while it connects', async () => {
    const url = await behindProxy();
    proxy.hold();
    const { sut, changes } = aLock(url);
    sut.start();
    await waitFor(() => proxy.connectionCount === 1, { what: 'the connection' });
    await sut.stop();
    proxy.release();
    await waitFor(() => proxy.connectionCount === 0, { what: 'the end of the connection' });
    expect(changes).toEqual([]);
  });
});
