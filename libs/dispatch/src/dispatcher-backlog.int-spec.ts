import { randomUUID } from 'node:crypto';
import { DispatchRepository, LeaseRepository, WorkerRepository } from '@app/database';
import { AmqpMessagePublisher, VIDEO_QUEUE, declareTopology, type ConversionRequested } from '@app/messaging';
import {
  DatabaseFixture,
  ExplainingDatabase,
  createVirtualHost,
  fillBacklog,
  waitFor,
  type StatementPlan,
  type VirtualHost,
} from '@app/testing';
import { Logger } from '@nestjs/common';
import { connect, type ChannelModel, type ConsumeMessage } from 'amqplib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Dispatcher } from './dispatcher.js';

const WAITING = 99_000;
const DONE = 100_000;
const USERS = 100;
const WORKERS = 6;
const SLOTS = 4;
const CLAIMS = 300;
/** A pick that reads a backlog, or all waiting users, reads more than this. */
const MOST_ROWS = 1_000;
/** Lets costly statements finish, so that the test can report the rows that they read. */
const PATIENT = { connectMs: 10_000, queryMs: 120_000 };
const OUTPUT = { key: 'output/x', sizeBytes: 1, sha256: 'x', durationMs: 1, encoding: 'encoded' } as const;

/** The statistics of the planner are from a time when nothing waited, as at the start of a burst. */
describe(`Dispatcher with ${WAITING} waiting jobs and stale statistics`, () => {
  let fixture: DatabaseFixture;
  let database: ExplainingDatabase;
  let virtualHost: VirtualHost;
  let publisher: AmqpMessagePublisher;
  let broker: ChannelModel;
  let sut: Dispatcher;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    fixture = await DatabaseFixture.create();
    await fillBacklog(
      fixture.connect(fixture.env.DATABASE_URL, PATIENT),
      { done: DONE, waiting: WAITING, users: USERS },
      'stale',
    );
    for (let owner = 1; owner <= WORKERS; owner += 1) {
      await new WorkerRepository(fixture.database).see(String(owner), SLOTS);
    }
    // The slots are there for as long as the test takes.
    await fixture.database.rows(`UPDATE workers SET seen_at = now() + interval '1 hour'`);
    database = new ExplainingDatabase(fixture.env, PATIENT);
    virtualHost = await createVirtualHost();
    await declareTopology(virtualHost.url);
    publisher = new AmqpMessagePublisher({ url: virtualHost.url, publishTimeoutMs: 10_000 });
    publisher.onModuleInit();
    await waitFor(() => publisher.check().then(() => true), { what: 'the broker connection' });
    broker = await connect(virtualHost.url);
    sut = new Dispatcher(new DispatchRepository(database), publisher);
  });
  afterAll(async () => {
    await sut?.beforeApplicationShutdown();
    await broker?.close();
    await publisher?.onApplicationShutdown();
    await database?.onApplicationShutdown();
    Logger.overrideLogger(new Logger());
    await fixture?.remove();
    await virtualHost?.remove();
  });

  const picks = (): StatementPlan[] => database.plans.filter(({ sql }) => sql.includes('RECURSIVE'));
  const costlyPick = (): StatementPlan | undefined => picks().find(({ rowsRead }) => rowsRead > MOST_ROWS);

  async function countUsers(jobIds: readonly string[]): Promise<number> {
    const [row] = await fixture.database.rows<{ users: number }>(
      'SELECT count(DISTINCT user_id)::int AS users FROM conversion_jobs WHERE id = ANY ($1)',
      [jobIds],
    );
    return row?.users ?? 0;
  }

  /** Claims and ends the job of each message, in as many slots as a worker has. */
  async function startWorker(owner: string, onClaimed: (jobId: string) => void): Promise<void> {
    const leases = new LeaseRepository(fixture.database);
    const channel = await broker.createChannel();
    await channel.prefetch(SLOTS);
    const work = async (message: ConsumeMessage): Promise<void> => {
      const { data } = JSON.parse(message.content.toString()) as ConversionRequested;
      const lease = { jobId: data.job_id, token: randomUUID() };
      if ((await leases.claim({ ...lease, owner })) !== null) {
        onClaimed(data.job_id);
        sut.wake();
        await leases.markDone(lease, OUTPUT);
      }
      channel.ack(message);
    };
    await channel.consume(VIDEO_QUEUE, (message) => {
      if (message !== null) void work(message).catch(() => undefined);
    });
  }

  it('keeps jobs of all users flowing to the workers, and reads few rows in each pick', async () => {
    const claimed: string[] = [];
    for (let owner = 1; owner <= WORKERS; owner += 1) await startWorker(String(owner), (id) => claimed.push(id));
    await sut.sweep();
    await waitFor(() => claimed.length >= CLAIMS || costlyPick(), { what: `${CLAIMS} claims` });
    expect(costlyPick()).toBeUndefined();
    expect(picks().flatMap(({ sequentialScans }) => sequentialScans.filter(({ rows }) => rows > MOST_ROWS))).toEqual(
      [],
    );
    expect(new Set(claimed).size).toBe(claimed.length);
    expect(await countUsers(claimed)).toBe(USERS);
    // A wake-up for each claim, and the sweep.
    expect(picks().length).toBeLessThanOrEqual(claimed.length + 1);
  });
});
