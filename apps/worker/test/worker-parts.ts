import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  LeaseRepository,
  OwnerLock,
  type ClaimedJob,
  type Database,
  type DatabaseTimeouts,
  type User,
} from '@app/database';
import { DatabaseFixture, FaultProxy } from '@app/testing';
import { ConversionEnv } from '../src/conversion/conversion.env.js';
import { JobClaimer } from '../src/conversion/job-claimer.js';
import { JobFinisher } from '../src/conversion/job-finisher.js';
import { JobWorkspace } from '../src/conversion/job-workspace.js';
import { LeaseKeeper } from '../src/conversion/lease-keeper.js';

/** A database behind a proxy, and the parts of workers that use it. */
export class WorkerParts {
  private readonly keepers: LeaseKeeper[] = [];

  private constructor(
    readonly fixture: DatabaseFixture,
    readonly proxy: FaultProxy,
    readonly user: User,
    readonly folder: string,
  ) {}

  static async create(): Promise<WorkerParts> {
    const fixture = await DatabaseFixture.create();
    const { hostname, port } = new URL(fixture.env.DATABASE_URL);
    const proxy = await FaultProxy.start(hostname, Number(port));
    const folder = await mkdtemp(join(tmpdir(), 'worker-parts-'));
    return new WorkerParts(fixture, proxy, await fixture.aUser(), folder);
  }

  /** One worker, with its own pool behind the proxy. */
  aWorker(timeouts?: DatabaseTimeouts) {
    const database: Database = this.fixture.connect(this.proxy.via(this.fixture.env.DATABASE_URL), timeouts);
    const leases = new LeaseRepository(database);
    const ownerLock = new OwnerLock(this.fixture.env, { onChange: () => undefined, onError: () => undefined });
    const keeper = new LeaseKeeper(leases, ownerLock);
    this.keepers.push(keeper);
    keeper.start();
    const workspace = new JobWorkspace(
      Object.assign(new ConversionEnv(), { WORK_DIRECTORY: join(this.folder, 'work') }),
    );
    const claimer = new JobClaimer(leases, keeper, ownerLock, workspace);
    return { database, leases, keeper, workspace, ownerLock, claimer, finisher: new JobFinisher(leases) };
  }

  aJob(columns: Record<string, unknown> = {}): Promise<string> {
    return this.fixture.aJob(this.user, columns);
  }

  /** A job that runs under a fresh token; bypasses the proxy. */
  async aClaimedJob(columns: Record<string, unknown> = {}): Promise<ClaimedJob> {
    return this.claim(await this.aJob(columns));
  }

  async claim(jobId: string, token: string = randomUUID()): Promise<ClaimedJob> {
    const claimed = await new LeaseRepository(this.fixture.database).claim({ jobId, token, owner: '7' });
    if (claimed === null) throw new Error('The job was not claimed');
    return claimed;
  }

  /** Returns the facts of the events that were written for a job. */
  async eventsOf(jobId: string): Promise<{ status: string; error: string | null }[]> {
    return this.fixture.database.rows<{ status: string; error: string | null }>(
      `SELECT payload ->> 'status' AS status, payload ->> 'error' AS error FROM outbox WHERE payload ->> 'job_id' = $1`,
      [jobId],
    );
  }

  /** Breaks all connections and accepts no new ones. */
  async takeDatabaseAway(): Promise<void> {
    await this.proxy.refuse();
    this.proxy.cut();
  }

  async bringDatabaseBack(): Promise<void> {
    await this.proxy.refuse(false);
  }

  /** After each test: stops everything that it started. */
  async settle(): Promise<void> {
    for (const keeper of this.keepers.splice(0)) keeper.onApplicationShutdown();
    this.proxy.release();
    await this.proxy.refuse(false);
  }

  async remove(): Promise<void> {
    await this.settle();
    await this.fixture.remove();
    await this.proxy.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}
