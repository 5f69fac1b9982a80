import { DomainError } from '@app/domain';
import { createVirtualHost, type VirtualHost } from '@app/testing';
import { connect, type Channel, type ChannelModel } from 'amqplib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { checkTopologyExists, compareTopology } from './check-topology.js';
import { declareTopology } from './declare-topology.js';
import { EXCHANGE, QUEUES } from './topology.js';

describe('the topology', () => {
  let virtualHost: VirtualHost;
  let connection: ChannelModel;
  let channel: Channel;

  beforeAll(async () => {
    virtualHost = await createVirtualHost();
  });

  afterAll(() => virtualHost.remove());

  beforeEach(async () => {
    connection = await connect(virtualHost.url);
    channel = await connection.createChannel();
    channel.on('error', () => undefined);
  });

  afterEach(async () => {
    await (await connection.createChannel()).deleteQueue('video');
    await connection.close();
  });

  it('is missing in an empty virtual host', async () => {
    await expect(compareTopology(connection)).rejects.toMatchObject({
      code: 'broker_unavailable',
      message: 'The exchange media is missing on the message broker: run setup.',
    });
  });

  it('is complete after it was declared, and declaring it again changes nothing', async () => {
    await declareTopology(virtualHost.url);
    await declareTopology(virtualHost.url);
    await expect(compareTopology(connection)).resolves.toBeUndefined();
  });

  it('routes each type of message to its queue', async () => {
    await declareTopology(virtualHost.url);
    for (const { name, routingKey } of QUEUES.filter((queue) => queue.routingKey !== null)) {
      channel.publish(EXCHANGE.name, String(routingKey), Buffer.from(name));
      await expect.poll(() => channel.get(name).then((found) => found && found.content.toString())).toBe(name);
    }
  });

  it('names what is missing, and does not create it', async () => {
    await declareTopology(virtualHost.url);
    await channel.deleteQueue('mp3.dead');
    const missing = {
      code: 'broker_unavailable',
      message: expect.stringContaining('queue mp3.dead is missing') as string,
    };
    await expect(compareTopology(connection)).rejects.toMatchObject(missing);
    await expect(checkTopologyExists(connection)).rejects.toMatchObject(missing);
  });

  it.each([
    ['x-delivery-limit', 5, /x-delivery-limit: needs 20, has 5/],
    ['x-delivery-limit', undefined, /x-delivery-limit: needs 20, has none/],
    ['x-max-length', 5, /x-max-length: needs none, has 5/],
    ['x-dead-letter-routing-key', 'elsewhere', /x-dead-letter-routing-key: needs video.dead, has elsewhere/],
  ])('reports the difference and what to do if %s is %s', async (name, value, difference) => {
    await declareTopology(virtualHost.url);
    await channel.deleteQueue('video');
    const queueArguments = QUEUES.find((queue) => queue.name === 'video')?.arguments;
    await channel.assertQueue('video', { durable: true, arguments: { ...queueArguments, [name]: value } });
    for (const look of [() => compareTopology(connection), () => declareTopology(virtualHost.url)]) {
      const error: unknown = await look().catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(DomainError);
      expect(error).toMatchObject({
        code: 'configuration_invalid',
        message: expect.stringMatching(difference) as string,
      });
      expect((error as Error).message).toMatch(
        /^The queue video exists .* delete the queue video, and run setup again\.$/,
      );
    }
  });

  it.each([
    ['the password is wrong', (url: URL) => (url.password = 'wrong'), /rejects the user name or password/],
    ['the virtual host is unknown', (url: URL) => (url.pathname = '/nowhere'), /rejects the virtual host/],
  ])('reports that %s, and that retrying does not help', async (_, change, sentence) => {
    const url = new URL(virtualHost.url);
    change(url);
    await expect(declareTopology(url.href)).rejects.toMatchObject({
      code: 'configuration_invalid',
      retryable: false,
      message: expect.stringMatching(sentence) as string,
    });
  });

  it('reports that the broker cannot be reached, and that retrying can help', async () => {
    const url = Object.assign(new URL(virtualHost.url), { port: '1' });
    await expect(declareTopology(url.href)).rejects.toMatchObject({
      code: 'broker_unavailable',
      retryable: true,
      message: 'The message broker cannot be reached.',
    });
  });
});
