import { randomUUID } from 'node:crypto';
import { DispatchRepository, LeaseRepository, type User } from '@app/database';
import { AmqpMessagePublisher, VIDEO_QUEUE, declareTopology } from '@app/messaging';
import { DatabaseFixture, FaultProxy, createVirtualHost, sql, waitFor, type VirtualHost } from '@app/testing';
import { Logger } from '@nestjs/common';
import { connect } from 'amqplib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Dispatcher } from './dispatcher.js';

const WINDOW = 16;

describe('Dispatcher with PostgreSQL and RabbitMQ', () => {
  let fixture: DatabaseFixture;
  let virtualHost: VirtualHost;
  let proxy: FaultProxy;
  let jobs: DispatchRepository;
  let publisher: AmqpMessagePublisher;
  let sut: Dispatcher;
  let user: User;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    fixture = await DatabaseFixture.create();
    virtualHost = await createVirtualHost();
    user = await fixture.aUser();
  });
  beforeEach(async () => {
    await fixture.database.rows('DELETE FROM conversion_jobs');
    await declareTopology(virtualHost.url);
    await virtualHost.purge(VIDEO_QUEUE);
    const { hostname, port } = new URL(virtualHost.url);
    proxy = await FaultProxy.start(hostname, Number(port));
    publisher = new AmqpMessagePublisher({ url: proxy.via(virtualHost.url), publishTimeoutMs: 1_000 });
    publisher.onModuleInit();
    await connected();
    jobs = new DispatchRepository(fixture.database);
    sut = new Dispatcher(jobs, publisher);
  });
  afterEach(async () => {
    await sut.beforeApplicationShutdown();
    await publisher.onApplicationShutdown();
    await proxy.close();
  });
  afterAll(async () => {
    Logger.overrideLogger(new Logger());
    await fixture.remove();
    await virtualHost.remove();
  });

  const connected = (): Promise<unknown> =>
    waitFor(() => publisher.check().then(() => true), { what: 'the broker connection' });
  const queued = (): Promise<number> => virtualHost.messageCount(VIDEO_QUEUE);

  async function someJobs(count: number): Promise<string[]> {
    const ids: string[] = [];
    while (ids.length < count) ids.push(await fixture.aJob(user));
    return ids;
  }

  async function countOut(): Promise<number> {
    const out = await fixture.database.rows('SELECT FROM conversion_jobs WHERE dispatched_at IS NOT NULL');
    return out.length;
  }

  it('wakes the workers up with a persistent message that carries the request', async () => {
    const id = await fixture.aJob(user, { traceparent: '00-1-2-01' });
    sut.wake();
    await waitFor(async () => (await queued()) === 1, { what: 'the message' });
    const [message] = await virtualHost.take(VIDEO_QUEUE);
    expect(JSON.parse(message?.body ?? '')).toMatchObject({ type: 'conversion.requested', data: { job_id: id } });
    expect(message?.properties).toMatchObject({
      delivery_mode: 2,
      correlation_id: 'request-1',
      headers: { traceparent: '00-1-2-01' },
    });
    expect((await fixture.read(id)).dispatchedAt).not.toBeNull();
  });

  it('keeps a small window in the broker, and fills it up as jobs are claimed', async () => {
    const ids = await someJobs(WINDOW + 4);
    await sut.sweep();
    expect(await queued()).toBe(WINDOW);
    await sut.sweep();
    expect(await queued()).toBe(WINDOW);
    const leases = new LeaseRepository(fixture.database);
    const claimed = ids.slice(0, 3);
    for (const jobId of claimed) await leases.claim({ jobId, token: randomUUID(), owner: '1' });
    sut.wake();
    await waitFor(async () => (await queued()) === WINDOW + claimed.length, { what: 'the new messages' });
  });

  it('widens the window with the consumers', async () => {
    await someJobs(24);
    const connection = await connect(virtualHost.url);
    const channel = await connection.createChannel();
    await channel.prefetch(1);
    for (let i = 0; i < 5; i += 1) await channel.consume(VIDEO_QUEUE, () => undefined);
    const hasFilled = async (): Promise<boolean> => {
      await sut.sweep();
      return (await countOut()) > WINDOW;
    };
    await waitFor(hasFilled, { what: 'a wider window' });
    expect(await countOut()).toBe(20);
    await connection.close();
  });

  it('puts a job back in line that no queue took, then probes with one job until one is confirmed', async () => {
    await someJobs(3);
    const pick = vi.spyOn(jobs, 'pick');
    await deleteQueue();
    await sut.sweep();
    expect(await countOut()).toBe(0);
    sut.wake();
    await sut.sweep();
    await sut.sweep();
    expect(pick.mock.calls.map(([{ limit }]) => limit)).toEqual([WINDOW, 1, 1]);
    expect(await countOut()).toBe(0);
    await declareTopology(virtualHost.url);
    await sut.sweep();
    expect(await queued()).toBe(3);
  });

  it('keeps nothing for later while the broker is away, and sends everything once it is back', async () => {
    await someJobs(3);
    await proxy.refuse();
    proxy.cut();
    await waitFor(
      async () =>
        publisher.check().then(
          () => false,
          () => true,
        ),
      { what: 'the loss' },
    );
    await sut.sweep();
    await sut.sweep();
    expect(await countOut()).toBe(0);
    await proxy.refuse(false);
    await connected();
    expect(await queued()).toBe(0);
    await sut.sweep();
    expect(await queued()).toBe(3);
  });

  it('leaves a job out whose message met no answer', async () => {
    await someJobs(3);
    const pick = vi.spyOn(jobs, 'pick');
    proxy.hold();
    await sut.sweep();
    expect(await countOut()).toBe(3);
    const [late] = await someJobs(2);
    await sut.sweep();
    expect(pick.mock.lastCall).toEqual([{ size: WINDOW, limit: 1 }]);
    expect(await countOut()).toBe(4);
    expect((await fixture.read(late ?? '')).dispatchedAt).not.toBeNull();
  });

  it('sends a lost message again, but not before ten seconds', async () => {
    const [id = ''] = await someJobs(1);
    await sut.sweep();
    await virtualHost.purge(VIDEO_QUEUE);
    await fixture.change(id, { dispatched_at: sql(`dispatched_at - interval '8 seconds'`) });
    await sut.sweep();
    expect(await queued()).toBe(0);
    await fixture.change(id, { dispatched_at: sql(`dispatched_at - interval '3 seconds'`) });
    await sut.sweep();
    expect(await queued()).toBe(1);
    expect((await virtualHost.peek(VIDEO_QUEUE))[0]?.body).toContain(id);
  });

  it('sends nothing again that still waits in the queue', async () => {
    const [id = ''] = await someJobs(1);
    await sut.sweep();
    await fixture.change(id, { dispatched_at: sql(`dispatched_at - interval '1 hour'`) });
    const before = await fixture.read(id);
    await sut.sweep();
    expect(await queued()).toBe(1);
    expect(await fixture.read(id)).toEqual(before);
  });

  async function deleteQueue(): Promise<void> {
    const connection = await connect(virtualHost.url);
    const channel = await connection.createChannel();
    await channel.deleteQueue(VIDEO_QUEUE);
    await connection.close();
  }
});
