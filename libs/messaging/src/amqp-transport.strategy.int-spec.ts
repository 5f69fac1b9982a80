import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { enableFailpoints } from '@app/failpoints';
import { createVirtualHost, FaultProxy, waitFor, type VirtualHost } from '@app/testing';
import { Controller, Inject, Module, type INestMicroservice } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { connect, type Channel, type ChannelModel, type Options } from 'amqplib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { AmqpContext } from './amqp-context.js';
import { AmqpTransportStrategy } from './amqp-transport.strategy.js';
import { conversionFinished } from './conversion-finished.message.js';
import { CONVERSION_REQUESTED, conversionRequested, ConversionRequested } from './conversion-requested.message.js';
import { declareTopology } from './declare-topology.js';
import type { Disposition } from './disposition.js';
import { MAX_MESSAGE_BYTES } from './parse-message.js';
import { EXCHANGE, QUEUES, VIDEO_QUEUE } from './topology.js';

type Handler = (message: ConversionRequested, context: AmqpContext) => Disposition | Promise<Disposition>;

const HANDLER = Symbol('handler');
const VIDEO_DEAD = 'video.dead';

@Controller()
class TestConsumer {
  constructor(@Inject(HANDLER) private readonly handler: Handler) {}

  @EventPattern<string>(CONVERSION_REQUESTED)
  async handle(@Payload() message: ConversionRequested, @Ctx() context: AmqpContext): Promise<Disposition> {
    return this.handler(message, context);
  }
}

/** A handler's run that the test ends when it likes. */
class Gate {
  readonly jobs: string[] = [];
  private readonly waiting: ((disposition: Disposition) => void)[] = [];

  readonly handler: Handler = ({ data }) => {
    this.jobs.push(data.job_id);
    return new Promise((resolve) => this.waiting.push(resolve));
  };

  open(disposition: Disposition = 'ack'): void {
    this.waiting.shift()?.(disposition);
  }
}

describe('AmqpTransportStrategy', () => {
  let virtualHost: VirtualHost;
  let proxy: FaultProxy;
  let connection: ChannelModel;
  let channel: Channel;
  let sut: AmqpTransportStrategy;
  let microservice: INestMicroservice | undefined;

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
    connection = await connect(virtualHost.url);
    channel = await connection.createChannel();
    channel.on('error', () => undefined);
    await declareTopology(virtualHost.url);
    await Promise.all(QUEUES.map(({ name }) => channel.purgeQueue(name)));
  });

  afterEach(async () => {
    proxy.release();
    await proxy.refuse(false);
    await microservice?.close();
    microservice = undefined;
    await connection.close();
  });

  async function listen(handler: Handler, prefetch = 2): Promise<void> {
    @Module({ controllers: [TestConsumer], providers: [{ provide: HANDLER, useValue: handler }] })
    class TestModule {}

    const url = proxy.via(virtualHost.url);
    sut = new AmqpTransportStrategy({ url, queue: VIDEO_QUEUE, prefetch, connectionName: 'test' });
    microservice = await NestFactory.createMicroservice(TestModule, { strategy: sut, logger: false });
    await microservice.listen();
  }

  const isConsuming = (): Promise<unknown> =>
    waitFor(() => sut.state.consuming && sut.state.problem === null, { timeoutMs: 60_000, what: 'the consumer' });

  function send(jobId: string = randomUUID(), options: Options.Publish = {}): string {
    const message = conversionRequested({ job_id: jobId });
    const properties = { messageId: message.id, contentType: 'application/json', persistent: true, ...options };
    channel.publish(EXCHANGE.name, CONVERSION_REQUESTED, Buffer.from(JSON.stringify(message)), properties);
    return jobId;
  }

  const ready = async (queue: string): Promise<number> => (await channel.checkQueue(queue)).messageCount;
  const toBeHandled = (gate: Gate, count: number) => waitFor(() => gate.jobs.length >= count, { what: 'a delivery' });

  /** Shows that nothing is left unacknowledged either: such a message comes back with the end of its connection. */
  async function nothingIsLeft(): Promise<void> {
    await sut.drained();
    await microservice?.close();
    await expect(ready(VIDEO_QUEUE)).resolves.toBe(0);
  }

  it('hands the parsed message and its context to the handler, and acknowledges it', async () => {
    const seen: [ConversionRequested, AmqpContext][] = [];
    await listen((message, context) => {
      seen.push([message, context]);
      return 'ack';
    });
    const jobId = send(undefined, { messageId: 'm-1', correlationId: 'r-1', headers: { traceparent: 't-1' } });
    await waitFor(() => seen.length > 0, { what: 'a delivery' });
    const [message, context] = seen[0] ?? [];
    expect(message).toBeInstanceOf(ConversionRequested);
    expect(message?.data.job_id).toBe(jobId);
    expect(context).toMatchObject({ messageId: 'm-1', correlationId: 'r-1', traceparent: 't-1', redelivered: false });
    await nothingIsLeft();
  });

  it('dead-letters what the handler gives up, and gives back what it returns', async () => {
    const dispositions: Disposition[] = ['return', 'dead-letter'];
    const redelivered: boolean[] = [];
    await listen((_, context) => {
      redelivered.push(context.redelivered);
      return dispositions.shift() ?? 'ack';
    });
    send();
    await expect.poll(() => ready(VIDEO_DEAD)).toBe(1);
    expect(redelivered).toEqual([false, true]);
    await nothingIsLeft();
  });

  it.each<[string, Buffer, Options.Publish]>([
    ['no JSON', Buffer.from('{'), {}],
    ['no UTF-8', Buffer.from([0x22, 0xff, 0x22]), {}],
    ['an empty body', Buffer.alloc(0), {}],
    ['JSON that is no object', Buffer.from('[1]'), {}],
    [
      'an unknown type',
      Buffer.from(JSON.stringify(conversionRequested({ job_id: randomUUID() })).replace(CONVERSION_REQUESTED, 'x')),
      {},
    ],
    ['a wrong field', Buffer.from(JSON.stringify(conversionRequested({ job_id: 'x' }))), {}],
    [
      'another content type',
      Buffer.from(JSON.stringify(conversionRequested({ job_id: randomUUID() }))),
      { contentType: 'text/xml' },
    ],
    ['a huge body', Buffer.alloc(MAX_MESSAGE_BYTES * 20, ' '), {}],
    ['properties of strange types', Buffer.from('{}'), { headers: { traceparent: 7 } }],
    [
      'a type without a handler',
      Buffer.from(
        JSON.stringify(conversionFinished({ job_id: randomUUID(), user_id: 1, status: 'DONE', error: null })),
      ),
      {},
    ],
  ])('dead-letters %s, four times in a row, and handles the next message', async (_, body, options) => {
    const gate = new Gate();
    await listen(gate.handler, 1);
    for (let copy = 0; copy < 4; copy += 1) channel.publish(EXCHANGE.name, CONVERSION_REQUESTED, body, options);
    const jobId = send();
    await toBeHandled(gate, 1);
    expect(gate.jobs).toEqual([jobId]);
    gate.open();
    await expect.poll(() => ready(VIDEO_DEAD)).toBe(4);
    await nothingIsLeft();
  });

  it.each<[string, () => Disposition]>([
    [
      'throws',
      () => {
        throw new Error('unexpected');
      },
    ],
    ['answers nothing', () => undefined as never],
  ])('dead-letters the message of a handler that %s, and handles the next one', async (_, fail) => {
    const jobs: string[] = [];
    await listen(({ data }) => (jobs.push(data.job_id) === 1 ? fail() : 'ack'), 1);
    const sent = [send(), send()];
    await expect.poll(() => jobs).toEqual(sent);
    await expect.poll(() => ready(VIDEO_DEAD)).toBe(1);
    await nothingIsLeft();
  });

  it('dead-letters a message that was given back twenty times', async () => {
    let deliveries = 0;
    await listen(() => {
      deliveries += 1;
      return 'return';
    });
    send();
    await expect.poll(() => ready(VIDEO_DEAD), { timeout: 30_000 }).toBe(1);
    expect(deliveries).toBe(21);
  });

  it('has no more deliveries in hand than its prefetch allows', async () => {
    const gate = new Gate();
    await listen(gate.handler, 2);
    const sent = [send(), send(), send()];
    await toBeHandled(gate, 2);
    await expect.poll(() => ready(VIDEO_QUEUE)).toBe(1);
    expect(gate.jobs).toEqual(sent.slice(0, 2));
    gate.open();
    await toBeHandled(gate, 3);
    gate.open();
    gate.open();
    await nothingIsLeft();
  });

  it('takes nothing while paused, settles what runs, and goes on after resume', async () => {
    const gate = new Gate();
    await listen(gate.handler);
    const first = send();
    await toBeHandled(gate, 1);
    sut.pause();
    sut.pause();
    await waitFor(() => !sut.state.consuming, { what: 'the pause' });
    const second = send();
    gate.open();
    await sut.drained();
    await expect.poll(() => ready(VIDEO_QUEUE)).toBe(1);
    expect(sut.state).toEqual({ consuming: false, problem: null });
    sut.resume();
    sut.resume();
    await toBeHandled(gate, 2);
    expect(gate.jobs).toEqual([first, second]);
    gate.open();
    await nothingIsLeft();
  });

  it('keeps to a pause that was asked for before there was a connection', async () => {
    await proxy.refuse();
    const gate = new Gate();
    await listen(gate.handler);
    sut.pause();
    await proxy.refuse(false);
    await waitFor(() => sut.state.problem === null, { what: 'the connection' });
    send();
    await expect.poll(() => ready(VIDEO_QUEUE)).toBe(1);
    expect(sut.state.consuming).toBe(false);
    sut.resume();
    await toBeHandled(gate, 1);
    gate.open();
    await nothingIsLeft();
  });

  it('listens at once without a broker, says so, and consumes when it is there', async () => {
    await proxy.refuse();
    await listen(() => 'ack');
    expect(sut.state).toEqual({ consuming: false, problem: 'The message broker cannot be reached.' });
    await proxy.refuse(false);
    await isConsuming();
  });

  it('consumes again after its queue was deleted and declared again', async () => {
    const gate = new Gate();
    await listen(gate.handler);
    await isConsuming();
    await channel.deleteQueue(VIDEO_QUEUE);
    const problem = 'The queue video is missing on the message broker: run setup.';
    await waitFor(() => sut.state.problem === problem && !sut.state.consuming, { what: 'the problem' });
    await declareTopology(virtualHost.url);
    await isConsuming();
    send();
    await toBeHandled(gate, 1);
    gate.open();
    await nothingIsLeft();
  });

  it('does not consume from a queue with other settings, does not change it, and says so', async () => {
    await channel.deleteQueue(VIDEO_QUEUE);
    await channel.assertQueue(VIDEO_QUEUE, { durable: true, arguments: { 'x-queue-type': 'quorum' } });
    onTestFinished(async () => {
      const cleaning = await connect(virtualHost.url);
      await (await cleaning.createChannel()).deleteQueue(VIDEO_QUEUE);
      await cleaning.close();
    });
    await listen(() => 'ack');
    await waitFor(() => sut.state.problem?.startsWith('The queue video exists') === true, { what: 'the problem' });
    expect(sut.state.consuming).toBe(false);
  });

  it('gets a message again whose connection broke, and its late ack takes nothing else away', async () => {
    const gate = new Gate();
    await listen(gate.handler, 1);
    const first = send();
    await toBeHandled(gate, 1);
    proxy.cut();
    await toBeHandled(gate, 2);
    const second = send();
    // The old run's ack: on a new channel this tag would belong to the delivery that is running now.
    gate.open('ack');
    await isConsuming();
    expect(gate.jobs).toEqual([first, first]);
    proxy.cut();
    await toBeHandled(gate, 3);
    expect(gate.jobs[2]).toBe(first);
    gate.open('dead-letter');
    gate.open('ack');
    await toBeHandled(gate, 4);
    expect(gate.jobs[3]).toBe(second);
    gate.open();
    await nothingIsLeft();
    await expect(ready(VIDEO_DEAD)).resolves.toBe(0);
  });

  it('leaves every message that it has not finished to others when it is closed', async () => {
    const gate = new Gate();
    await listen(gate.handler, 3);
    for (let index = 0; index < 5; index += 1) send();
    await toBeHandled(gate, 3);
    sut.stopConsuming();
    gate.open('ack');
    gate.open('return');
    await sut.close();
    await expect.poll(() => ready(VIDEO_QUEUE)).toBe(4);
    expect(gate.jobs).toHaveLength(3);
  });

  it('is drained only when every running handler has ended', async () => {
    const gate = new Gate();
    await listen(gate.handler);
    send();
    send();
    await toBeHandled(gate, 2);
    sut.stopConsuming();
    let isDrained = false;
    const draining = sut.drained().then(() => (isDrained = true));
    gate.open();
    await waitFor(() => !sut.state.consuming, { what: 'the end of consuming' });
    expect(isDrained).toBe(false);
    gate.open();
    await draining;
    await nothingIsLeft();
  });

  it.each(['ack.before', 'ack.after'] as const)('loses no message where its ack fails (%s)', async (name) => {
    const directory = await mkdtemp(join(tmpdir(), 'failpoints-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    enableFailpoints(directory, false);
    onTestFinished(() => enableFailpoints(undefined, false));
    await writeFile(join(directory, name), 'throw');
    const gate = new Gate();
    await listen(gate.handler, 1);
    const sent = [send(), send()];
    await toBeHandled(gate, 1);
    gate.open();
    await toBeHandled(gate, 2);
    expect(gate.jobs[1]).toBe(name === 'ack.before' ? sent[0] : sent[1]);
    gate.open();
    if (name === 'ack.before') {
      await toBeHandled(gate, 3);
      gate.open();
    }
    await nothingIsLeft();
  });
});
