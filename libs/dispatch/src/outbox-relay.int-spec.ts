import { CONVERSION_FINISHED_TOPIC, OutboxRepository } from '@app/database';
import {
  AmqpMessagePublisher,
  MP3_QUEUE,
  conversionFinished,
  declareTopology,
  type ConversionFinished,
} from '@app/messaging';
import { DatabaseFixture, FaultProxy, createVirtualHost, waitFor, type VirtualHost } from '@app/testing';
import { Logger } from '@nestjs/common';
import { connect, type ChannelModel, type ConsumeMessage } from 'amqplib';
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { OutboxRelay } from './outbox-relay.js';

describe('OutboxRelay with PostgreSQL and RabbitMQ', () => {
  let fixture: DatabaseFixture;
  let virtualHost: VirtualHost;
  let proxy: FaultProxy;
  let publisher: AmqpMessagePublisher;
  let consumer: ChannelModel;
  let received: ConsumeMessage[];
  let sut: OutboxRelay;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    fixture = await DatabaseFixture.create();
    virtualHost = await createVirtualHost();
  });
  beforeEach(async () => {
    await fixture.database.rows('DELETE FROM outbox');
    await declareTopology(virtualHost.url);
    await virtualHost.purge(MP3_QUEUE);
    const { hostname, port } = new URL(virtualHost.url);
    proxy = await FaultProxy.start(hostname, Number(port));
    publisher = aPublisher(proxy.via(virtualHost.url));
    consumer = await connect(virtualHost.url);
    received = [];
    sut = new OutboxRelay(new OutboxRepository(fixture.database), publisher);
    await waitFor(() => publisher.check().then(() => true), { what: 'the broker connection' });
  });
  afterEach(async () => {
    await consumer.close();
    await publisher.onApplicationShutdown();
    await proxy.close();
  });
  afterAll(async () => {
    Logger.overrideLogger(new Logger());
    await fixture.remove();
    await virtualHost.remove();
  });

  function aPublisher(url: string): AmqpMessagePublisher {
    const made = new AmqpMessagePublisher({ url, publishTimeoutMs: 1_000 });
    made.onModuleInit();
    return made;
  }

  /** Takes one message and never acknowledges it. */
  async function consumeOne(): Promise<void> {
    const channel = await consumer.createChannel();
    await channel.prefetch(1);
    await channel.consume(MP3_QUEUE, () => undefined);
  }

  async function consume(): Promise<void> {
    const channel = await consumer.createChannel();
    await channel.consume(MP3_QUEUE, (message) => {
      if (message === null) return;
      received.push(message);
      channel.ack(message);
    });
  }

  async function someEvents(count: number): Promise<ConversionFinished[]> {
    const events: ConversionFinished[] = [];
    while (events.length < count) {
      const facts = { job_id: randomUUID(), user_id: 1, status: 'DONE', error: null, revision: 3 };
      const event = conversionFinished({ id: randomUUID(), occurredAt: new Date(), facts });
      events.push(event);
      await record(event, facts, `request-${events.length}`);
    }
    return events;
  }

  async function record({ id, occurred_at }: ConversionFinished, facts: object, requestId: string): Promise<void> {
    await fixture.database.rows(
      `INSERT INTO outbox (id, topic, payload, created_at, correlation_id, traceparent)
       VALUES ($1, $2, $3, $4, $5, '00-1-2-01')`,
      [id, CONVERSION_FINISHED_TOPIC, facts, occurred_at, requestId],
    );
  }

  const waiting = async (): Promise<number> => (await fixture.database.rows('SELECT FROM outbox')).length;
  const makeDue = (): Promise<unknown> =>
    fixture.database.rows(`UPDATE outbox SET available_at = available_at - interval '31 seconds'`);

  it('publishes every event with the ID of its request, then removes it', async () => {
    const events = await someEvents(3);
    await consume();
    await sut.relay();
    await waitFor(() => received.length === 3, { what: 'the events' });
    const bodies = received.map(({ content }) => JSON.parse(content.toString()) as ConversionFinished);
    expect(bodies.toSorted(byId)).toEqual(events.toSorted(byId));
    const first = received.find(({ properties }) => properties.messageId === events[0]?.id);
    expect(first?.properties).toMatchObject({
      correlationId: 'request-1',
      headers: { traceparent: '00-1-2-01' },
      deliveryMode: 2,
    });
    expect(await waiting()).toBe(0);
  });

  it('drops an event whose facts do not fit the contract, and publishes the others', async () => {
    const [invalid, valid] = await someEvents(2);
    await fixture.database.rows(`UPDATE outbox SET payload = payload - 'user_id' WHERE id = $1`, [invalid?.id]);
    await consume();
    await sut.relay();
    const [last] = await someEvents(1);
    await sut.relay();
    // The queue keeps the order: whatever was published before the last event has arrived with it.
    const receivedIds = (): string[] => received.map(({ properties }) => String(properties.messageId));
    await waitFor(() => receivedIds().includes(last?.id ?? ''), { what: 'the last event' });
    expect(receivedIds()).toEqual([valid?.id, last?.id]);
    expect(await waiting()).toBe(0);
  });

  it('keeps the events in the database while the queue has no consumer', async () => {
    await someEvents(2);
    await sut.relay();
    expect(await waiting()).toBe(2);
    expect(await virtualHost.messageCount(MP3_QUEUE)).toBe(0);
    await consume();
    await sut.relay();
    await waitFor(() => received.length === 2, { what: 'the events' });
  });

  it('keeps events that the consumer does not take in the database, where they expire', async () => {
    await someEvents(250);
    await consumeOne();
    for (let i = 0; i < 5; i += 1) await sut.relay();
    // At most the 100 of the window, and what one consumer holds.
    expect(await waiting()).toBeGreaterThanOrEqual(250 - 100 - 1);
    expect(await virtualHost.messageCount(MP3_QUEUE)).toBeLessThanOrEqual(100);
  });

  it('releases the events that the broker rejected for the next round', async () => {
    await someEvents(2);
    await consume();
    await unbind();
    await sut.relay();
    expect(await waiting()).toBe(2);
    await declareTopology(virtualHost.url);
    await sut.relay();
    await waitFor(() => received.length === 2, { what: 'the events' });
    expect(await waiting()).toBe(0);
  });

  it('keeps an event whose publish was not answered, and publishes it again half a minute later', async () => {
    await someEvents(1);
    await consume();
    const { queueState } = publisher;
    publisher.queueState = async (queue) => {
      const state = await queueState.call(publisher, queue);
      proxy.hold();
      return state;
    };
    await sut.relay();
    publisher.queueState = queueState;
    proxy.release();
    await waitFor(() => publisher.check().then(() => true), { what: 'the broker connection' });
    const before = received.length;
    await sut.relay();
    expect(await waiting()).toBe(1);
    await makeDue();
    await sut.relay();
    await waitFor(() => received.length > before, { what: 'the event' });
    expect(new Set(received.map(({ properties }) => String(properties.messageId))).size).toBe(1);
    expect(await waiting()).toBe(0);
  });

  it('publishes each event once while two relays run', async () => {
    await someEvents(20);
    await consume();
    const other = aPublisher(virtualHost.url);
    await waitFor(() => other.check().then(() => true), { what: 'the broker connection' });
    const twin = new OutboxRelay(new OutboxRepository(fixture.connect()), other);
    await Promise.all([sut.relay(), twin.relay(), sut.relay(), twin.relay()]);
    await waitFor(() => received.length >= 20, { what: 'the events' });
    expect(await virtualHost.messageCount(MP3_QUEUE)).toBe(0);
    expect(received).toHaveLength(20);
    await other.onApplicationShutdown();
  });

  it('deletes events that had no consumer for a week', async () => {
    await someEvents(2);
    await fixture.database.rows(
      `UPDATE outbox SET created_at = now() - interval '8 days' WHERE correlation_id = 'request-1'`,
    );
    await sut.dropExpired();
    expect(await fixture.database.rows('SELECT correlation_id FROM outbox')).toEqual([{ correlation_id: 'request-2' }]);
  });

  async function unbind(): Promise<void> {
    const channel = await consumer.createChannel();
    await channel.unbindQueue(MP3_QUEUE, 'media', 'conversion.finished');
    await channel.close();
  }
});

function byId(a: ConversionFinished, b: ConversionFinished): number {
  return a.id.localeCompare(b.id);
}
