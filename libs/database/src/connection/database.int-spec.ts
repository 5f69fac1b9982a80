import { DatabaseFixture, FaultProxy, waitFor } from '@app/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DatabaseHealth } from './database-health.js';
import { rowsOf, type Database } from './database.js';
import { ProcessConnections } from './process-connections.js';

const SHORT = { connectMs: 1_000, queryMs: 1_000 };
const INSERT = `INSERT INTO outbox (id, topic, payload) VALUES (gen_random_uuid(), $1, '{}')`;
const UNAVAILABLE = { code: 'database_unavailable', retryable: true };

describe('Database', () => {
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

  const ping = (): Promise<unknown> => sut.rows('SELECT 1 AS one');
  const recovered = (): Promise<unknown> => waitFor(ping, { what: 'an answer' });
  const backend = async (): Promise<number | undefined> =>
    (await sut.rows<{ pid: number }>('SELECT pg_backend_pid() AS pid'))[0]?.pid;

  describe('bounds every wait', () => {
    it('for an answer of a frozen database', async () => {
      await ping();
      proxy.hold();
      await expect(ping()).rejects.toMatchObject(UNAVAILABLE);
      proxy.release();
      await recovered();
    });

    it('for the connection', async () => {
      proxy.hold();
      await expect(ping()).rejects.toMatchObject(UNAVAILABLE);
      proxy.release();
      await recovered();
    });

    it('for one more connection, once others are open', async () => {
      await sut.use(async () => {
        proxy.hold();
        await expect(ping()).rejects.toMatchObject(UNAVAILABLE);
        proxy.release();
      });
      await recovered();
    });

    it('for a place in the pool', async () => {
      let free = (): void => undefined;
      const isFree = new Promise<void>((resolve) => (free = resolve));
      let holders = 0;
      const held = Array.from({ length: new ProcessConnections().defaultPoolSize }, () =>
        sut.use(async () => {
          holders += 1;
          await isFree;
        }),
      );
      await waitFor(() => holders === held.length, { what: 'a full pool' });
      await expect(ping()).rejects.toMatchObject(UNAVAILABLE);
      free();
      await Promise.all(held);
      await ping();
    });

    it('for a transaction, whichever step meets the frozen database', async () => {
      await ping();
      const transaction = sut.transaction(async (runner) => {
        proxy.hold();
        await runner.query('SELECT 1');
      });
      await expect(transaction).rejects.toMatchObject(UNAVAILABLE);
      proxy.release();
      await recovered();
    });

    it('for a lock that another session keeps', async () => {
      await fixture.database.transaction(async (runner) => {
        await runner.query('LOCK TABLE outbox');
        await expect(sut.rows('DELETE FROM outbox')).rejects.toMatchObject(UNAVAILABLE);
      });
    });

    it('for its own end', async () => {
      await ping();
      proxy.hold();
      await sut.onApplicationShutdown();
      proxy.release();
      await expect(ping()).rejects.toMatchObject(UNAVAILABLE);
    });
  });

  describe('recovers', () => {
    it('when it was started before the database', async () => {
      await proxy.refuse();
      await expect(ping()).rejects.toMatchObject(UNAVAILABLE);
      await expect(new DatabaseHealth(sut).check()).rejects.toMatchObject(UNAVAILABLE);
      await proxy.refuse(false);
      await ping();
      await new DatabaseHealth(sut).check();
    });

    it('from cut connections', async () => {
      await ping();
      proxy.cut();
      expect(await recovered()).toEqual([{ one: 1 }]);
    });

    it('from a killed backend, idle', async () => {
      const idle = await backend();
      await fixture.database.rows('SELECT pg_terminate_backend($1)', [idle]);
      expect(await recovered()).toEqual([{ one: 1 }]);
    });

    it('from a killed backend, at work', async () => {
      const patient = fixture.connect(proxy.via(fixture.env.DATABASE_URL));
      const failure = patient.rows('SELECT pg_sleep(2)').catch((error: unknown) => error);
      const killed = (): Promise<object[]> =>
        fixture.database.rows(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'active' AND query = 'SELECT pg_sleep(2)'`,
        );
      await waitFor(async () => (await killed()).length === 1, { what: 'the statement' });
      expect(await failure).toMatchObject(UNAVAILABLE);
      await patient.rows('SELECT 1');
    });

    it('from a connection that broke between two statements of a transaction', async () => {
      const broken = sut.transaction(async (runner) => {
        const [row] = await rowsOf<{ pid: number }>(runner, 'SELECT pg_backend_pid() AS pid');
        await fixture.database.rows('SELECT pg_terminate_backend($1)', [row?.pid]);
        await waitFor(() => runner.isReleased, { what: 'the broken connection' });
      });
      await expect(broken).rejects.toMatchObject(UNAVAILABLE);
      await ping();
    });
  });

  it('does not use a connection again whose answer is still out', async () => {
    const before = await backend();
    proxy.hold();
    await expect(sut.rows('SELECT 1')).rejects.toMatchObject(UNAVAILABLE);
    proxy.release();
    await recovered();
    expect(await backend()).not.toBe(before);
  });

  it('uses a connection again after an ordinary error', async () => {
    const before = await backend();
    await expect(sut.rows('SELECT 1 / 0')).rejects.toThrow('division by zero');
    expect(await backend()).toBe(before);
  });

  it('never has more connections than its pool, however slow the statements are', async () => {
    const [poolSize, rounds] = [new ProcessConnections().defaultPoolSize, 3];
    const slow = fixture.connect(fixture.env.DATABASE_URL, { connectMs: 60_000, queryMs: 5_000 });
    const sleeps = Array.from({ length: poolSize * rounds }, () =>
      slow.rows('SELECT pg_sleep(62)').catch((error: unknown) => error),
    );
    const all = Promise.all(sleeps);
    let most = 0;
    let isOver = false;
    void all.then(() => (isOver = true));
    const countBackends = async (): Promise<boolean> => {
      const backends = await fixture.database.rows(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND query = 'SELECT pg_sleep(62)' AND state = 'active'`,
      );
      most = Math.max(most, backends.length);
      return isOver;
    };
    await waitFor(countBackends, { what: 'the end of all statements', intervalMs: 50 });
    expect(most).toBe(poolSize);
    for (const error of await all) expect(error).toMatchObject(UNAVAILABLE);
    // The server has answered: the connections are kept.
    expect(await slow.rows('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('uses a connection again after the server has ended its statement', async () => {
    const calm = fixture.connect(fixture.env.DATABASE_URL, { connectMs: 3_000, queryMs: 10_000 });
    const pid = async (): Promise<unknown> => calm.rows('SELECT pg_backend_pid() AS pid');
    const before = await pid();
    const failing = calm.transaction(async (runner) => {
      await runner.query(`SET LOCAL statement_timeout = 10`);
      await runner.query('SELECT pg_sleep(63)');
    });
    await expect(failing).rejects.toMatchObject(UNAVAILABLE);
    expect(await pid()).toEqual(before);
  });

  it('ends an abandoned statement on the server too', async () => {
    await expect(sut.rows('SELECT pg_sleep(61)')).rejects.toMatchObject(UNAVAILABLE);
    const isOver = async (): Promise<boolean> =>
      (
        await fixture.database.rows(
          `SELECT FROM pg_stat_activity WHERE state = 'active' AND query = 'SELECT pg_sleep(61)'`,
        )
      ).length === 0;
    await waitFor(isOver, { what: 'the end of the statement' });
  });

  it('rolls back what a failed transaction wrote, and keeps its error', async () => {
    const before = await backend();
    const failing = sut.transaction(async (runner) => {
      await rowsOf(runner, INSERT, ['rolled-back']);
      throw new Error('on purpose');
    });
    await expect(failing).rejects.toThrow('on purpose');
    await sut.rows(INSERT, ['afterwards']);
    const topics = await fixture.database.rows('SELECT topic FROM outbox');
    expect(topics).toEqual([{ topic: 'afterwards' }]);
    expect(await backend()).toBe(before);
  });

  it('leaves nothing of a transaction that was cut off', async () => {
    const cut = sut.transaction(async (runner) => {
      await rowsOf(runner, INSERT, ['cut-off']);
      proxy.cut();
    });
    await expect(cut).rejects.toMatchObject(UNAVAILABLE);
    expect(await fixture.database.rows(`SELECT FROM outbox WHERE topic = 'cut-off'`)).toEqual([]);
  });
});
