import { randomUUID } from 'node:crypto';
import { OwnBroker, waitFor } from '@app/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AmqpMessagePublisher } from './amqp-message-publisher.js';
import { conversionRequested } from './conversion-requested.message.js';
import { declareTopology } from './declare-topology.js';
import { parseMessage } from './parse-message.js';
import { QueueConsumer, type Delivery } from './queue-consumer.js';
import { VIDEO_QUEUE } from './topology.js';

const OUTAGE = { timeoutMs: 60_000 };

describe('a publisher and a consumer during a broker outage', () => {
  let broker: OwnBroker;
  let publisher: AmqpMessagePublisher;
  let consumer: QueueConsumer;
  let received: string[];
  let deliveries: Delivery[];
  /** Settles a delivery, if the test does so at all. */
  let settle: (delivery: Delivery) => void;

  beforeAll(async () => {
    broker = await OwnBroker.start();
    await declareTopology(broker.url);
  });

  afterAll(() => broker.remove());

  beforeEach(async () => {
    received = [];
    deliveries = [];
    settle = ({ channel, message }) => channel.ack(message);
    publisher = new AmqpMessagePublisher({ url: broker.url, publishTimeoutMs: 1000 });
    publisher.onModuleInit();
    consume();
    await everythingWorks();
  });

  afterEach(async () => {
    await consumer.close();
    await publisher.onApplicationShutdown();
  });

  function consume(): void {
    consumer = new QueueConsumer(
      { url: broker.url, queue: VIDEO_QUEUE, prefetch: 10, connectionName: 'test' },
      (delivery) => {
        deliveries.push(delivery);
        received.push(parseMessage(delivery.message.content).data.job_id);
        settle(delivery);
      },
    );
    consumer.start();
  }

  async function send(): Promise<string> {
    const message = conversionRequested({ job_id: randomUUID() });
    const isConfirmed = async (): Promise<boolean> => (await publisher.publish(message)) === 'confirmed';
    await waitFor(isConfirmed, { ...OUTAGE, what: 'a confirmed message' });
    return message.data.job_id;
  }

  async function everythingWorks(): Promise<void> {
    const jobId = await send();
    await waitFor(() => received.includes(jobId), { ...OUTAGE, what: 'the message' });
    await expect(publisher.check()).resolves.toBeUndefined();
    expect(consumer.state).toEqual({ consuming: true, problem: null });
  }

  it('recover after the broker was killed and restarted, and no confirmed message is lost', async () => {
    settle = () => undefined;
    const jobs = [await send(), await send()];
    await waitFor(() => jobs.every((id) => received.includes(id)), { what: 'the messages' });
    await broker.kill();
    await expect(publisher.publish(conversionRequested({ job_id: randomUUID() }))).resolves.toBe('rejected');
    await waitFor(() => !consumer.state.consuming, { what: 'the loss to be noticed' });
    received = [];
    settle = ({ channel, message }) => channel.ack(message);
    await broker.restart();
    await waitFor(() => jobs.every((id) => received.includes(id)), { ...OUTAGE, what: 'the messages again' });
    expect(deliveries.at(-1)?.message.fields.redelivered).toBe(true);
    await everythingWorks();
  });

  it('recover after the broker was frozen for longer than the heartbeat', async () => {
    broker.freeze();
    const isRejected = async (): Promise<boolean> =>
      (await publisher.publish(conversionRequested({ job_id: randomUUID() }))) === 'rejected';
    await waitFor(isRejected, { ...OUTAGE, what: 'the publisher to give up' });
    await waitFor(() => !consumer.state.consuming, { ...OUTAGE, what: 'the consumer to give up' });
    broker.thaw();
    await everythingWorks();
  });

  it('keep acknowledging while the broker blocks publishers, and publish when it stops blocking', async () => {
    const held: Delivery[] = [];
    settle = (delivery) => held.push(delivery);
    const jobId = await send();
    await waitFor(() => held.length > 0, { what: 'the message' });
    await broker.setDiskAlarm(true);
    // RabbitMQ tells a connection of the alarm when it next publishes.
    const isRejected = async (): Promise<boolean> =>
      (await publisher.publish(conversionRequested({ job_id: randomUUID() }))) === 'rejected';
    await waitFor(isRejected, { ...OUTAGE, what: 'the rejection' });
    await expect(publisher.check()).rejects.toMatchObject({
      message: 'The message broker accepts no messages: it is short of memory or disk.',
    });
    for (const { channel, message } of held) channel.ack(message);
    await consumer.close();
    received = [];
    settle = ({ channel, message }) => channel.ack(message);
    consume();
    await broker.setDiskAlarm(false);
    await everythingWorks();
    expect(received).not.toContain(jobId);
  });

  it('consume again after the broker closed the channel because of an invalid acknowledgement', async () => {
    settle = ({ channel, message }) => {
      channel.ack(message);
      channel.ack(message);
    };
    await send();
    await waitFor(() => !consumer.state.consuming, { what: 'the channel to be closed' });
    settle = ({ channel, message }) => channel.ack(message);
    await everythingWorks();
  });
});
