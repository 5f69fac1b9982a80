import { randomUUID } from 'node:crypto';
import { DispatchRepository, LeaseRepository, WorkerRepository, type User } from '@app/database';
import { AmqpMessagePublisher, VIDEO_QUEUE, declareTopology, type ConversionRequested } from '@app/messaging';
import { DatabaseFixture, FaultProxy, createVirtualHost, sql, waitFor, type VirtualHost } from '@app/testing';
import { Logger } from '@nestjs/common';
import { connect } from 'amqplib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Dispatcher } from './dispatcher.js';

const SLOTS = 14;
/** As many as there are free slots, and two more. */
const WINDOW = SLOTS + 2;
const PICK_LIMIT = 100;

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
    await fixture.database.rows('DELETE FROM workers');
    await new WorkerRepository(fixture.database).see('1', SLOTS);
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

  /** Claims the jobs whose messages come first, as workers do. */
  async function claimAll(count: number): Promise<string[]> {
    const connection = await connect(virtualHost.url);
    const channel = await connection.createChannel();
    const leases = new LeaseRepository(fixture.database);
    const jobIds: string[] = [];
    while (jobIds.length < count) {
      const message = await channel.get(VIDEO_QUEUE, { noAck: true });
      if (message === false) throw new Error('The queue is empty');
      const { data } = JSON.parse(message.content.toString()) as ConversionRequested;
      await leases.claim({ jobId: data.job_id, token: randomUUID(), owner: '1' });
      jobIds.push(data.job_id);
    }
    await connection.close();
    return jobIds;
  }

  async function endRun(jobId: string): Promise<void> {
    await fixture.change(jobId, { status: 'DONE', lease_token: null, finished_at: sql('now()') });
  }

  async function countOut(): Promise<number> {
    const out = await fixture.database.rows(
      `SELECT FROM conversion_jobs WHERE status = 'PENDING' AND dispatched_at IS NOT NULL`,
    );
    return out.length;
  }

  it('publishes a persistent message with the request ID', async () => {
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

  it('keeps a small window in the broker, and refills it as runs end', async () => {
    const ids = await someJobs(WINDOW + 4);
    await sut.sweep();
    expect(await queued()).toBe(WINDOW);
    await sut.sweep();
    expect(await queued()).toBe(WINDOW);
    for (const jobId of ids.slice(0, 3)) await endRun(jobId);
    sut.wake();
    await waitFor(async () => (await queued()) === WINDOW + 3, { what: 'the new messages' });
  });

  it("starts another user's first job among the next two, though one user's jobs fill all slots", async () => {
    const slots = 4;
    await new WorkerRepository(fixture.database).see('1', slots);
    await someJobs(30);
    await sut.sweep();
    const [running, started] = [await claimAll(slots), [] as string[]];
    const newcomer = await fixture.aJob(await fixture.aUser());
    while (!started.includes(newcomer)) {
      await endRun(running.shift() ?? '');
      const [next = ''] = await claimAll(1);
      running.push(next);
      started.push(next);
      await sut.sweep();
    }
    expect(started.length).toBeLessThanOrEqual(slots + 2);
  });

  it('widens the window with the workers', async () => {
    await someJobs(24);
    await sut.sweep();
    expect(await countOut()).toBe(WINDOW);
    await new WorkerRepository(fixture.database).see('2', 4);
    await sut.sweep();
    expect(await countOut()).toBe(20);
  });

  it('fills a window that is wider than one pick', async () => {
    await new WorkerRepository(fixture.database).see('1', 120);
    await someJobs(130);
    await sut.sweep();
    await waitFor(async () => (await queued()) === 122, { what: 'the second pick' });
    expect(await countOut()).toBe(122);
  });

  it('puts a job back in line if no queue took its message, then probes with one job until one is confirmed', async () => {
    await someJobs(3);
    const pick = vi.spyOn(jobs, 'pick');
    await deleteQueue();
    await sut.sweep();
    expect(await countOut()).toBe(0);
    sut.wake();
    await sut.sweep();
    await sut.sweep();
    expect(pick.mock.calls).toEqual([[PICK_LIMIT], [1], [1]]);
    expect(await countOut()).toBe(0);
    await declareTopology(virtualHost.url);
    await sut.sweep();
    expect(await queued()).toBe(3);
  });

  it('buffers nothing while the broker is unavailable, and publishes everything afterwards', async () => {
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

  it('keeps a job dispatched if its publish was not answered', async () => {
    await someJobs(3);
    const pick = vi.spyOn(jobs, 'pick');
    proxy.hold();
    await sut.sweep();
    expect(await countOut()).toBe(3);
    const [late] = await someJobs(2);
    await sut.sweep();
    expect(pick.mock.lastCall).toEqual([1]);
    expect(await countOut()).toBe(4);
    expect((await fixture.read(late ?? '')).dispatchedAt).not.toBeNull();
  });

  it('publishes a lost message again after ten seconds', async () => {
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

  it('does not publish a message again while it is in the queue', async () => {
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
