import { randomUUID } from 'node:crypto';
import { readEnvironment } from '@app/config';
import type { User } from '@app/database';
import {
  AmqpMessagePublisher,
  AmqpTransportStrategy,
  CONVERSION_FINISHED,
  EXCHANGE,
  conversionFinished,
  declareTopology,
  type ConversionFinishedFacts,
} from '@app/messaging';
import { DatabaseFixture, FaultProxy, createVirtualHost, waitFor, type VirtualHost } from '@app/testing';
import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { connect } from 'amqplib';
import { NOTIFIER_ENVIRONMENT } from '../src/env.js';
import { NotifierModule } from '../src/notifier.module.js';

export const TEST_SECRET = 'the secret of this test, and of no other';

/** The whole notifier in this process; its database is behind a proxy. */
export class NotifierUnderTest {
  app: INestApplication;
  private readonly publisher: AmqpMessagePublisher;

  private constructor(
    readonly fixture: DatabaseFixture,
    readonly virtualHost: VirtualHost,
    readonly database: FaultProxy,
    readonly user: User,
  ) {
    this.publisher = new AmqpMessagePublisher({ url: virtualHost.url });
    this.publisher.onModuleInit();
  }

  static async prepare(): Promise<NotifierUnderTest> {
    const [fixture, virtualHost] = await Promise.all([DatabaseFixture.create(), createVirtualHost()]);
    await declareTopology(virtualHost.url);
    const { hostname, port } = new URL(fixture.env.DATABASE_URL);
    const proxy = await FaultProxy.start(hostname, Number(port));
    return new NotifierUnderTest(fixture, virtualHost, proxy, await fixture.aUser());
  }

  /** Starts as main.ts does. */
  async start(variables: Readonly<Record<string, string>> = {}): Promise<void> {
    const environment = readEnvironment(NOTIFIER_ENVIRONMENT, {
      DATABASE_URL: this.database.via(this.fixture.env.DATABASE_URL),
      RABBITMQ_URL: this.virtualHost.url,
      LOG_LEVEL: 'silent',
      SECRET_KEY: TEST_SECRET,
      WEBHOOK_PRIVATE_ADDRESSES: 'allow',
      ...variables,
    });
    const module = await Test.createTestingModule({ imports: [NotifierModule.forRoot(environment)] }).compile();
    this.app = module.createNestApplication({ logger: false });
    const strategy = this.app.get(AmqpTransportStrategy);
    this.app.connectMicroservice({ strategy });
    await this.app.listen(0, '127.0.0.1');
    await this.app.startAllMicroservices();
    await waitFor(() => strategy.state.consuming, { what: 'the consumer' });
  }

  /** Publishes the event of a finished conversion, as the relay does; returns its id. */
  async finish(facts: Partial<ConversionFinishedFacts> = {}, id: string = randomUUID()): Promise<string> {
    const message = conversionFinished({
      id,
      occurredAt: new Date(),
      facts: {
        job_id: randomUUID(),
        user_id: this.user.id,
        status: 'DONE',
        error: null,
        revision: 3,
        filename: 'clip.mp4',
        duration_ms: 5000,
        output_size: 81_000,
        notify_email: false,
        callback_url: null,
        ...facts,
      },
    });
    await waitFor(async () => (await this.publisher.publish(message)) === 'confirmed', { what: 'the broker' });
    return id;
  }

  /** Publishes a body as it is. */
  async publishRaw(body: string): Promise<void> {
    const connection = await connect(this.virtualHost.url);
    const channel = await connection.createConfirmChannel();
    channel.publish(EXCHANGE.name, CONVERSION_FINISHED, Buffer.from(body), { contentType: 'application/json' });
    await channel.waitForConfirms();
    await connection.close();
  }

  async stop(): Promise<void> {
    await this.app.close();
  }

  async remove(): Promise<void> {
    await this.publisher.onApplicationShutdown();
    await this.database.close();
    await Promise.all([this.fixture.remove(), this.virtualHost.remove()]);
  }
}
