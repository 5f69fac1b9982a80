import { randomUUID } from 'node:crypto';
import { createVirtualHost, FaultProxy, waitFor, type VirtualHost } from '@app/testing';
import { Controller, Inject, Module, type INestMicroservice } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { connect, type Channel, type ChannelModel, type Options } from 'amqplib';
import { expect } from 'vitest';
import { AmqpContext } from '../amqp-context.js';
import { AmqpTransportStrategy } from '../amqp-transport.strategy.js';
import { CONVERSION_REQUESTED, conversionRequested, ConversionRequested } from '../conversion-requested.message.js';
import { declareTopology } from '../declare-topology.js';
import type { Disposition } from '../disposition.js';
import { EXCHANGE, QUEUES, VIDEO_QUEUE } from '../topology.js';
import type { Handler } from './gate.js';

export const VIDEO_DEAD = 'video.dead';

const HANDLER = Symbol('handler');

@Controller()
class TestConsumer {
  constructor(@Inject(HANDLER) private readonly handler: Handler) {}

  @EventPattern<string>(CONVERSION_REQUESTED)
  async handle(@Payload() message: ConversionRequested, @Ctx() context: AmqpContext): Promise<Disposition> {
    return this.handler(message, context);
  }
}

/** A microservice that uses the strategy, with the broker behind a proxy, and a channel that bypasses the proxy. */
export class ConsumerUnderTest {
  strategy: AmqpTransportStrategy;
  channel: Channel;
  private connection: ChannelModel;
  private microservice: INestMicroservice | undefined;

  private constructor(
    readonly virtualHost: VirtualHost,
    readonly proxy: FaultProxy,
  ) {}

  static async prepare(): Promise<ConsumerUnderTest> {
    const virtualHost = await createVirtualHost();
    const { hostname, port } = new URL(virtualHost.url);
    return new ConsumerUnderTest(virtualHost, await FaultProxy.start(hostname, Number(port)));
  }

  /** Before each test: every queue exists and is empty. */
  async begin(): Promise<void> {
    this.connection = await connect(this.virtualHost.url);
    this.channel = await this.connection.createChannel();
    this.channel.on('error', () => undefined);
    await declareTopology(this.virtualHost.url);
    await Promise.all(QUEUES.map(({ name }) => this.channel.purgeQueue(name)));
  }

  async listen(handler: Handler, prefetch = 2): Promise<AmqpTransportStrategy> {
    @Module({ controllers: [TestConsumer], providers: [{ provide: HANDLER, useValue: handler }] })
    class TestModule {}

    const url = this.proxy.via(this.virtualHost.url);
    this.strategy = new AmqpTransportStrategy({ url, queue: VIDEO_QUEUE, prefetch, connectionName: 'test' });
    this.microservice = await NestFactory.createMicroservice(TestModule, { strategy: this.strategy, logger: false });
    await this.microservice.listen();
    return this.strategy;
  }

  async consuming(): Promise<void> {
    const isConsuming = (): boolean => this.strategy.state.consuming && this.strategy.state.problem === null;
    await waitFor(isConsuming, { what: 'the consumer' });
  }

  send(jobId: string = randomUUID(), options: Options.Publish = {}): string {
    const message = conversionRequested({ job_id: jobId });
    const properties = { messageId: message.id, contentType: 'application/json', persistent: true, ...options };
    this.channel.publish(EXCHANGE.name, CONVERSION_REQUESTED, Buffer.from(JSON.stringify(message)), properties);
    return jobId;
  }

  async ready(queue: string): Promise<number> {
    return (await this.channel.checkQueue(queue)).messageCount;
  }

  /** Closes the microservice first: unacknowledged messages then return to the queue and are counted too. */
  async expectNothingLeft(): Promise<void> {
    await this.strategy.drained();
    await this.microservice?.close();
    await expect(this.ready(VIDEO_QUEUE)).resolves.toBe(0);
  }

  /** After each test. */
  async end(): Promise<void> {
    this.proxy.release();
    await this.proxy.refuse(false);
    await this.microservice?.close();
    this.microservice = undefined;
    await this.connection.close();
  }

  async remove(): Promise<void> {
    await this.proxy.close();
    await this.virtualHost.remove();
  }
}
