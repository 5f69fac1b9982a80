import { randomUUID } from 'node:crypto';
import { createVirtualHost, FaultProxy, waitFor, type VirtualHost } from '@app/testing';
import { connect, type Channel, type ChannelModel } from 'amqplib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { AmqpMessagePublisher } from './amqp-message-publisher.js';
import { conversionRequested } from './conversion-requested.message.js';
import { declareTopology } from './declare-topology.js';
import { parseMessage } from './parse-message.js';
import { EXCHANGE, QUEUES, VIDEO_QUEUE } from './topology.js';

const aMessage = () => conversionRequested({ job_id: randomUUID() });

describe('AmqpMessagePublisher', () => {
  let virtualHost: VirtualHost;
  let proxy: FaultProxy;
  let sut: AmqpMessagePublisher;
  let connection: ChannelModel;
  let channel: Channel;

  beforeAll(async () => {
    virtualHost = await createVirtualHost();
    const { hostname, port } = new URL(virtualHost.url);
    proxy = await FaultProxy.start(hostname, Number(port));
  });

  afterAll(async () => {
    await proxy.close();
    await virtualHost.remove();
  });

  beforeEach(async () => {
    await declareTopology(virtualHost.url);
    await virtualHost.purge(VIDEO_QUEUE);
    connection = await connect(virtualHost.url);
    channel = await connection.createChannel();
    sut = new AmqpMessagePublisher({ url: proxy.via(virtualHost.url), publishTimeoutMs: 1000 });
    sut.onModuleInit();
    await isPublishing();
  });

  afterEach(async () => {
    proxy.release();
    await proxy.refuse(false);
    await sut.onApplicationShutdown();
    await connection.close();
  });

  /** Until a message goes through; it is taken out again. */
  async function isPublishing(): Promise<void> {
    await waitFor(async () => (await sut.publish(aMessage())) === 'confirmed', { what: 'a confirmed message' });
    await virtualHost.purge(VIDEO_QUEUE);
  }

  async function jobsQueued(): Promise<string[]> {
    const messages = await virtualHost.peek(VIDEO_QUEUE);
    return messages.map(({ body }) => parseMessage(Buffer.from(body)).data.job_id);
  }

  it('confirms a message that its queue stored on disk, with its properties', async () => {
    const message = aMessage();
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await expect(sut.publish(message, { correlationId: 'request-1', traceparent })).resolves.toBe('confirmed');
    const stored = await channel.get(VIDEO_QUEUE, { noAck: true });
    if (stored === false) throw new Error('Nothing is in the queue');
    expect(parseMessage(stored.content, String(stored.properties.contentType))).toEqual(message);
    expect(stored.properties).toMatchObject({
      messageId: message.id,
      correlationId: 'request-1',
      contentType: 'application/json',
      deliveryMode: 2,
      headers: { traceparent },
    });
  });

  it('confirms many messages at once', async () => {
    const messages = Array.from({ length: 200 }, aMessage);
    const outcomes = await Promise.all(messages.map((message) => sut.publish(message)));
    expect(new Set(outcomes)).toEqual(new Set(['confirmed']));
    expect(new Set(await jobsQueued())).toEqual(new Set(messages.map(({ data }) => data.job_id)));
  });

  it('rejects a message without a queue, and reports it in its health until setup has run', async () => {
    await channel.unbindQueue(VIDEO_QUEUE, EXCHANGE.name, 'conversion.requested');
    await expect(sut.publish(aMessage())).resolves.toBe('rejected');
    await expect(sut.check()).rejects.toMatchObject({
      code: 'broker_unavailable',
      message: expect.stringContaining('conversion.requested') as string,
    });
    await declareTopology(virtualHost.url);
    await expect(sut.publish(aMessage())).resolves.toBe('confirmed');
    await expect(sut.check()).resolves.toBeUndefined();
  });

  it('rejects a message that its queue rejects', async () => {
    await channel.deleteQueue(VIDEO_QUEUE);
    const full = { 'x-queue-type': 'quorum', 'x-max-length': 1, 'x-overflow': 'reject-publish' };
    await channel.assertQueue(VIDEO_QUEUE, { durable: true, arguments: full });
    await channel.bindQueue(VIDEO_QUEUE, EXCHANGE.name, 'conversion.requested');
    await waitFor(async () => (await sut.publish(aMessage())) === 'rejected', { what: 'a rejected message' });
    await channel.deleteQueue(VIDEO_QUEUE);
  });

  it('rejects a message if the exchange is missing, and publishes again when it exists', async () => {
    await channel.deleteExchange(EXCHANGE.name);
    await expect(sut.publish(aMessage())).resolves.toBe('rejected');
    await expect(sut.check()).rejects.toMatchObject({ message: expect.stringContaining('exchange media') as string });
    await declareTopology(virtualHost.url);
    await waitFor(async () => (await sut.publish(aMessage())) === 'confirmed', { what: 'a confirmed message' });
  });

  it('rejects at once without a connection, buffers nothing, and recovers by itself', async () => {
    await proxy.refuse();
    proxy.cut();
    await waitFor(
      () =>
        sut.check().then(
          () => false,
          () => true,
        ),
      { what: 'the loss to be noticed' },
    );
    const lost = Array.from({ length: 50 }, aMessage);
    const outcomes = await Promise.all(lost.map((message) => sut.publish(message)));
    expect(new Set(outcomes)).toEqual(new Set(['rejected']));
    await expect(sut.check()).rejects.toMatchObject({ message: 'The message broker cannot be reached.' });
    await proxy.refuse(false);
    const sent = aMessage();
    await waitFor(async () => (await sut.publish(sent)) === 'confirmed', { what: 'a confirmed message' });
    await expect(jobsQueued()).resolves.toEqual([sent.data.job_id]);
  });

  it('reports an unknown outcome if a frozen broker does not answer', async () => {
    proxy.hold();
    await expect(sut.publish(aMessage())).resolves.toBe('unknown');
    // The publisher gave up by itself, not because the heartbeat had ended the connection.
    await expect(sut.check()).rejects.toMatchObject({ message: 'The message broker does not answer in time.' });
    proxy.release();
    await isPublishing();
  });

  it('reports an unknown outcome if the connection breaks before the answer', async () => {
    proxy.hold();
    const outcome = sut.publish(aMessage());
    proxy.cut();
    await expect(outcome).resolves.toBe('unknown');
    proxy.release();
    await isPublishing();
  });

  it('drops the unsent messages to a frozen broker with the connection', async () => {
    proxy.hold();
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => sut.publish(aMessage())));
    expect(new Set(outcomes)).toEqual(new Set(['unknown']));
    const isGivenUp = async (): Promise<boolean> => (await sut.publish(aMessage())) === 'rejected';
    await waitFor(isGivenUp, { what: 'the heartbeat to end the connection' });
    proxy.release();
    const sent = aMessage();
    await waitFor(async () => (await sut.publish(sent)) === 'confirmed', { what: 'a confirmed message' });
    await expect(jobsQueued()).resolves.toEqual([sent.data.job_id]);
  });

  it('returns the number of ready messages and of consumers', async () => {
    await expect(sut.queueState(VIDEO_QUEUE)).resolves.toEqual({ readyMessages: 0, consumers: 0 });
    await sut.publish(aMessage());
    await sut.publish(aMessage());
    await waitFor(async () => (await sut.queueState(VIDEO_QUEUE)).readyMessages === 2, { what: 'two ready messages' });
    await channel.prefetch(1);
    await channel.consume(VIDEO_QUEUE, () => undefined);
    const expected = { readyMessages: 1, consumers: 1 };
    await expect.poll(() => sut.queueState(VIDEO_QUEUE)).toEqual(expected);
  });

  it('cannot return the state of a missing queue or of a frozen broker', async () => {
    await expect(sut.queueState('nowhere')).rejects.toMatchObject({ code: 'broker_unavailable', retryable: true });
    proxy.hold();
    await expect(sut.queueState(VIDEO_QUEUE)).rejects.toMatchObject({ code: 'broker_unavailable', retryable: true });
    proxy.release();
    await isPublishing();
  });

  it.each(QUEUES)('is unhealthy without the queue $name', async ({ name }) => {
    await expect(sut.check()).resolves.toBeUndefined();
    await channel.deleteQueue(name);
    await expect(sut.check()).rejects.toMatchObject({
      code: 'broker_unavailable',
      message: `The queue ${name} is missing on the message broker: run setup.`,
    });
    await declareTopology(virtualHost.url);
    await expect(sut.check()).resolves.toBeUndefined();
  });

  it('leaves no open channels', async () => {
    const few = new AmqpMessagePublisher({ url: `${virtualHost.url}?channelMax=4` });
    few.onModuleInit();
    onTestFinished(() => few.onApplicationShutdown());
    await waitFor(async () => (await few.publish(aMessage())) === 'confirmed', { what: 'a confirmed message' });
    for (let round = 0; round < 20; round += 1) {
      await few.check();
      await few.queueState(VIDEO_QUEUE);
      await expect(few.queueState('nowhere')).rejects.toMatchObject({
        message: expect.stringContaining('missing') as string,
      });
    }
  });
});
