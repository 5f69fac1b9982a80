import { connect } from 'amqplib';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase } from './test-database.js';
import { createVirtualHost, type VirtualHost } from './virtual-host.js';
import { waitFor } from './wait-for.js';

describe('createTestDatabase', () => {
  it('creates an empty database that can be dropped despite open connections', async () => {
    const database = await createTestDatabase();
    const client = new pg.Client({ connectionString: database.url });
    let ended: Error | undefined;
    client.on('error', (error) => (ended = error));
    await client.connect();
    const { rows } = await client.query("SELECT count(*)::int AS tables FROM pg_tables WHERE schemaname = 'public'");
    expect(rows).toEqual([{ tables: 0 }]);

    await database.drop();

    await waitFor(() => ended, { what: 'the end of the open connection' });
    await expect(new pg.Client({ connectionString: database.url }).connect()).rejects.toThrow('does not exist');
  });
});

describe('createVirtualHost', () => {
  let virtualHost: VirtualHost;

  beforeAll(async () => {
    virtualHost = await createVirtualHost();
  });

  afterAll(() => virtualHost.remove());

  it('reads, takes and purges the messages of a queue', async () => {
    const connection = await connect(virtualHost.url);
    const channel = await connection.createConfirmChannel();
    await channel.assertQueue('q', { durable: true, arguments: { 'x-queue-type': 'quorum' } });
    for (const text of ['one', 'two']) channel.sendToQueue('q', Buffer.from(text), { correlationId: text });
    await channel.waitForConfirms();

    expect(await virtualHost.messageCount('q')).toBe(2);
    expect((await virtualHost.peek('q')).map(({ body }) => body)).toEqual(['one', 'two']);
    expect(await virtualHost.take('q')).toMatchObject([{ body: 'one', properties: { correlation_id: 'one' } }, {}]);
    expect(await virtualHost.messageCount('q')).toBe(0);
    channel.sendToQueue('q', Buffer.from('three'));
    await channel.waitForConfirms();
    await virtualHost.purge('q');
    expect(await virtualHost.messageCount('q')).toBe(0);
    await connection.close();
  });

  it('closes connections from the broker', async () => {
    const connection = await connect(virtualHost.url);
    let reason: Error | undefined;
    connection.on('close', (error: Error) => (reason = error));
    const closed = async () => {
      await virtualHost.closeConnections();
      return reason;
    };
    expect((await waitFor(closed, { what: 'the closed connection' })).message).toContain('CONNECTION-FORCED');
  });
});
