import { randomUUID } from 'node:crypto';
import {
  Database,
  DatabaseEnv,
  DispatchRepository,
  LeaseRepository,
  WorkerRepository,
  createDataSource,
} from '@app/database';
import { Dispatcher } from '@app/dispatch';
import { MessagePublisher, type Message, type PublishOutcome, type QueueState } from '@app/messaging';
import { OUTPUT } from './queue-operations.js';

const SLOTS = 4;

/** An in-process queue, so that only the database and the dispatcher are measured. */
class LocalQueue extends MessagePublisher {
  private readonly ready: string[] = [];
  private readonly waiting: ((jobId: string) => void)[] = [];

  publish(message: Message): Promise<PublishOutcome> {
    const { job_id: jobId } = message.data;
    const next = this.waiting.shift();
    if (next === undefined) this.ready.push(jobId);
    else next(jobId);
    return Promise.resolve('confirmed');
  }

  next(): Promise<string> {
    const jobId = this.ready.shift();
    return jobId === undefined ? new Promise((resolve) => this.waiting.push(resolve)) : Promise.resolve(jobId);
  }

  queueState = (): Promise<QueueState> => Promise.resolve({ readyMessages: this.ready.length, consumers: 1 });
  check = (): Promise<void> => Promise.resolve();
}

/** The slots of a worker. */
const POOL_SIZE = 2;

/** Returns the jobs per second of workers with four slots whose conversions take no time. */
export async function dispatchRate(env: DatabaseEnv, workers: number, jobs: number): Promise<number> {
  const queue = new LocalQueue();
  const own = new Database(createDataSource(env));
  const dispatcher = new Dispatcher(new DispatchRepository(own), queue);
  await own.rows('DELETE FROM workers');
  const pools = Array.from({ length: workers }, () => new Database(createDataSource(withPool(env))));
  for (let owner = 1; owner <= workers; owner += 1) await new WorkerRepository(own).see(String(owner), SLOTS);
  let left = jobs;
  const slot = async (leases: LeaseRepository): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const lease = { jobId: await queue.next(), token: randomUUID() };
      if ((await leases.claim({ ...lease, owner: '1' })) === null) throw new Error('A message found nothing to claim');
      dispatcher.wake();
      await leases.markDone(lease, OUTPUT);
    }
  };
  const startedAt = performance.now();
  dispatcher.wake();
  await Promise.all(pools.flatMap((pool) => Array.from({ length: SLOTS }, () => slot(new LeaseRepository(pool)))));
  const seconds = (performance.now() - startedAt) / 1_000;
  await dispatcher.beforeApplicationShutdown();
  const out = `status = 'PENDING' AND dispatched_at IS NOT NULL`;
  await own.rows(`UPDATE conversion_jobs SET dispatched_at = NULL WHERE ${out}`);
  await Promise.all([own, ...pools].map((database) => database.onApplicationShutdown()));
  return jobs / seconds;
}

function withPool(env: DatabaseEnv): DatabaseEnv {
  return Object.assign(new DatabaseEnv(), env, { DATABASE_POOL_SIZE: POOL_SIZE });
}
