import { randomUUID } from 'node:crypto';
import {
  DatabaseFixture,
  ExplainingDatabase,
  fillBacklog,
  type Backlog,
  type StatementPlan,
  type StatisticsAge,
} from '@app/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DispatchRepository } from './dispatch.repository.js';
import { LeaseRepository } from './lease.repository.js';
import { OwnedJobRepository } from './owned-job.repository.js';
import { ReconciliationRepository } from './reconciliation.repository.js';
import { OutboxRepository } from '../outbox/outbox.repository.js';
import type { Database } from '../connection/database.js';
import { WorkerRepository } from '../workers/worker.repository.js';

const SLOTS = 8;
const RUNNING = 6;
const DONE = 20_000;
const WAITING = 10_000;

/** A statement that reads a backlog, or all finished jobs, reads more than all of this. */
const MOST_ROWS = 400;

const BACKLOGS: readonly [string, Pick<Backlog, 'users' | 'returned'>][] = [
  ['of one user', { users: 1 }],
  ['of 50 users', { users: 50, returned: 500 }],
  ['of as many users as jobs', { users: WAITING }],
];

/** Lets costly statements finish, so that the test can report the rows that they read. */
const PATIENT = { connectMs: 10_000, queryMs: 120_000 };

const STATISTICS: readonly StatisticsAge[] = ['stale', 'fresh', 'of-a-burst'];

describe.each(BACKLOGS)('with a backlog %s', (_users, backlog) => {
  describe.each(STATISTICS)('and %s statistics', (statistics) => {
    let fixture: DatabaseFixture;
    let filler: Database;
    let database: ExplainingDatabase;
    let dispatch: DispatchRepository;
    let leases: LeaseRepository;

    beforeAll(async () => {
      fixture = await DatabaseFixture.create();
      filler = fixture.connect(fixture.env.DATABASE_URL, PATIENT);
      await fillBacklog(filler, { done: DONE, waiting: WAITING, running: RUNNING, ...backlog }, statistics);
      await new WorkerRepository(fixture.database).see('1', SLOTS);
      database = new ExplainingDatabase(fixture.env, PATIENT);
      dispatch = new DispatchRepository(database);
      leases = new LeaseRepository(database);
    });
    afterAll(async () => {
      await database.onApplicationShutdown();
      await fixture.remove();
    });

    /** The plan of the last statement that a call sent. */
    async function planOf(work: () => Promise<unknown>): Promise<StatementPlan> {
      database.plans.length = 0;
      await work();
      const plan = database.plans.at(-1);
      if (plan === undefined) throw new Error('No statement was explained');
      return plan;
    }

    function expectCheap({ sequentialScans, rowsRead }: StatementPlan): void {
      // A table of a page or two is rightly read whole, and so is the server's list of databases.
      const large = sequentialScans.filter(({ table, rows }) => rows > 10 && table !== 'pg_database');
      expect(large).toEqual([]);
      expect(rowsRead).toBeLessThanOrEqual(MOST_ROWS);
    }

    async function aDispatchedJob(): Promise<string> {
      await fixture.database.rows('UPDATE workers SET slots = slots + 1');
      const [picked] = await dispatch.pick(1);
      if (picked === undefined) throw new Error('Nothing was picked');
      return picked.jobId;
    }

    it('picks by the indexes of waiting jobs', async () => {
      const plan = await planOf(() => dispatch.pick(100));
      expectCheap(plan);
      expect(plan.indexes).toEqual(
        expect.arrayContaining([
          'conversion_jobs_fresh_idx',
          'conversion_jobs_returned_idx',
          'conversion_jobs_out_idx',
        ]),
      );
      expect(plan.indexes).not.toContain('conversion_jobs_owner_idx');
    });

    it('picks nothing as cheaply, when the window is full', async () => {
      await dispatch.pick(100);
      expectCheap(await planOf(() => dispatch.pick(100)));
    });

    it('claims, keeps, reads and ends a job by its id', async () => {
      const lease = { jobId: await aDispatchedJob(), token: randomUUID(), owner: '1' };
      const claim = await planOf(() => leases.claim(lease));
      const heartbeat = await planOf(() => leases.heartbeat([{ ...lease, progress: 1 }]));
      const output = { key: 'k', sizeBytes: 1, sha256: 's', durationMs: 1, encoding: 'encoded' } as const;
      const finish = await planOf(() => leases.markDone(lease, output));
      const status = await planOf(() => new OwnedJobRepository(database).findOwned(lease.jobId, 1));
      for (const plan of [claim, heartbeat, finish, status]) expectCheap(plan);
      expect(claim.indexes).toEqual(['conversion_jobs_pkey']);
    });

    it('finds running leases by the index of running jobs', async () => {
      const plan = await planOf(() => new ReconciliationRepository(database).findRunningLeases());
      expectCheap(plan);
      expect(plan.indexes).toEqual(['conversion_jobs_running_idx']);
    });

    it('looks for lost messages by the indexes of dispatched, running and finished jobs', async () => {
      const overdue = await planOf(() => dispatch.hasOverdue());
      const lost = await planOf(() => dispatch.redispatchLost(false));
      for (const plan of [overdue, lost]) expectCheap(plan);
      expect(overdue.indexes).toEqual(['conversion_jobs_out_idx']);
      expect(lost.indexes).toContain('conversion_jobs_finished_idx');
    });

    it('expires events by the index of their age', async () => {
      await filler.rows(
        `INSERT INTO outbox (id, topic, payload) SELECT gen_random_uuid(), 'mp3', '{}' FROM generate_series(1, 50000)`,
      );
      const plan = await planOf(() => new OutboxRepository(database).dropExpired());
      expect(plan.indexes).toContain('outbox_created_idx');
      expectCheap(plan);
    });
  });
});
