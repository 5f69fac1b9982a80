import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { readEnvironment } from '@app/config';
import { OwnerLock, type ConversionJob, type User } from '@app/database';
import { AmqpTransportStrategy, EXCHANGE, conversionRequested, declareTopology } from '@app/messaging';
import { ObjectStorage } from '@app/storage';
import { DatabaseFixture, FaultProxy, createVirtualHost, sql, waitFor, type VirtualHost } from '@app/testing';
import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { connect } from 'amqplib';
import { WORKER_ENVIRONMENT } from '../src/env.js';
import { Sandbox, Transcoder } from '../src/transcoding/index.js';
import { WorkerModule } from '../src/worker.module.js';
import { FakeTranscoder } from './fake-transcoder.js';

export interface WorkerOptions {
  readonly concurrency?: number;
  readonly drainSeconds?: number;
}

/** A whole worker in this process, with its services behind proxies; only ffmpeg is a fake. */
export class WorkerUnderTest {
  transcoder: FakeTranscoder;
  app: INestApplication;

  private constructor(
    readonly fixture: DatabaseFixture,
    readonly virtualHost: VirtualHost,
    readonly database: FaultProxy,
    readonly broker: FaultProxy,
    private readonly user: User,
    private readonly folder: string,
  ) {}

  static async prepare(): Promise<WorkerUnderTest> {
    const [fixture, virtualHost] = await Promise.all([DatabaseFixture.create(), createVirtualHost()]);
    await declareTopology(virtualHost.url);
    const [database, broker] = await Promise.all([fixture.env.DATABASE_URL, virtualHost.url].map(proxyOf));
    if (database === undefined || broker === undefined) throw new Error('There is no proxy');
    const folder = await mkdtemp(join(tmpdir(), 'worker-test-'));
    return new WorkerUnderTest(fixture, virtualHost, database, broker, await fixture.aUser(), folder);
  }

  get strategy(): AmqpTransportStrategy {
    return this.app.get(AmqpTransportStrategy);
  }

  get ownerLock(): OwnerLock {
    return this.app.get(OwnerLock);
  }

  /** Starts as main.ts does. Does not wait for the services. */
  async start(transcoder: FakeTranscoder, { concurrency = 2, drainSeconds = 60 }: WorkerOptions = {}): Promise<void> {
    this.transcoder = transcoder;
    const environment = readEnvironment(WORKER_ENVIRONMENT, {
      DATABASE_URL: this.database.via(this.fixture.env.DATABASE_URL),
      RABBITMQ_URL: this.broker.via(this.virtualHost.url),
      STORAGE_DIRECTORY: join(this.folder, 'objects'),
      WORK_DIRECTORY: join(this.folder, 'work'),
      WORKER_CONCURRENCY: String(concurrency),
      DRAIN_SECONDS: String(drainSeconds),
      LOG_LEVEL: 'silent',
    });
    const module = await Test.createTestingModule({ imports: [WorkerModule.forRoot(environment)] })
      .overrideProvider(Transcoder)
      .useValue(transcoder)
      .overrideProvider(Sandbox)
      .useValue({ way: 'none' })
      .compile();
    this.app = module.createNestApplication({ logger: false });
    this.app.connectMicroservice({ strategy: this.strategy });
    await this.app.get(ObjectStorage).prepare();
    await this.app.listen(0, '127.0.0.1');
    await this.app.startAllMicroservices();
  }

  async consuming(): Promise<void> {
    await waitFor(() => this.strategy.state.consuming, { what: 'the consumer' });
  }

  /** A job whose message the test sends: for the dispatcher it counts as sent. */
  async aJob(columns: Record<string, unknown> = {}): Promise<string> {
    const id = await this.fixture.aJob(this.user, { dispatched_at: sql('now()'), ...columns });
    const body = Readable.from(['the video']);
    await this.app.get(ObjectStorage).write(`source/${id}`, body, { contentType: 'video/mp4' });
    return id;
  }

  /** Bypasses the worker's proxy; resolves when the broker has confirmed the messages. */
  async send(...jobIds: readonly string[]): Promise<void> {
    const connection = await connect(this.virtualHost.url);
    const channel = await connection.createConfirmChannel();
    for (const jobId of jobIds) {
      const message = conversionRequested({ job_id: jobId });
      const properties = { messageId: message.id, contentType: 'application/json', persistent: true };
      channel.publish(EXCHANGE.name, message.type, Buffer.from(JSON.stringify(message)), properties);
    }
    await channel.waitForConfirms();
    await connection.close();
  }

  /** Resolves when all jobs have the status. */
  async become(status: ConversionJob['status'], ...jobIds: readonly string[]): Promise<ConversionJob[]> {
    return waitFor(
      async () => {
        const jobs = await Promise.all(jobIds.map((id) => this.fixture.read(id)));
        return jobs.every((job) => job.status === status) ? jobs : null;
      },
      { what: `jobs that are ${status}` },
    );
  }

  /** Between two tests: restores the services and empties the queues. */
  async reset(): Promise<void> {
    await this.app.close();
    for (const proxy of [this.database, this.broker]) {
      proxy.release();
      await proxy.refuse(false);
    }
    await Promise.all(['video', 'video.dead'].map((queue) => this.virtualHost.purge(queue)));
    // A message that returns to the queue after the purge must find no job to run.
    await this.fixture.database.rows(
      `UPDATE conversion_jobs SET status = 'CANCELED', lease_token = NULL WHERE status IN ('PENDING', 'PROCESSING')`,
    );
  }

  async remove(): Promise<void> {
    await Promise.all([this.fixture.remove(), this.virtualHost.remove(), this.database.close(), this.broker.close()]);
    await rm(this.folder, { recursive: true, force: true });
  }
}

function proxyOf(url: string): Promise<FaultProxy> {
  const { hostname, port } = new URL(url);
  return FaultProxy.start(hostname, Number(port));
}
