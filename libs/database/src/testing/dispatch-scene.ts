import { randomUUID } from 'node:crypto';
import { DatabaseFixture, sql } from '@app/testing';
import type { User } from '../users/user.entity.js';
import { DispatchRepository, type Dispatch } from '../jobs/dispatch.repository.js';
import { LeaseRepository } from '../jobs/lease.repository.js';

export const MANY = 1000;

export const ago = (seconds: number): { sql: string } => sql(`now() - interval '${seconds} seconds'`);
export const idsOf = (dispatches: readonly Dispatch[]): string[] => dispatches.map(({ jobId }) => jobId);

/** A database with two users and the slots of one worker, for tests of dispatching. */
export class DispatchScene {
  private constructor(
    readonly fixture: DatabaseFixture,
    readonly sut: DispatchRepository,
    readonly alice: User,
    readonly bob: User,
  ) {}

  static async create(): Promise<DispatchScene> {
    const fixture = await DatabaseFixture.create();
    const sut = new DispatchRepository(fixture.database);
    return new DispatchScene(fixture, sut, await fixture.aUser(), await fixture.aUser());
  }

  /** Removes all jobs, and gives the worker more slots than any test has jobs. */
  async reset(): Promise<void> {
    await this.fixture.database.rows('DELETE FROM conversion_jobs');
    await this.haveSlots(MANY);
  }

  /** Gives one worker this number of slots. Two more messages can be in the queue. */
  async haveSlots(count: number, seen = sql('now()')): Promise<void> {
    await this.fixture.database.rows(`DELETE FROM workers`);
    await this.fixture.database.rows(`INSERT INTO workers (owner, slots, seen_at) VALUES (1, $1, ${seen.sql})`, [
      count,
    ]);
  }

  async claim(jobId: string): Promise<void> {
    const claimed = await new LeaseRepository(this.fixture.database).claim({ jobId, token: randomUUID(), owner: '1' });
    if (claimed === null) throw new Error(`Job ${jobId} could not be claimed`);
  }

  async remove(): Promise<void> {
    await this.fixture.remove();
  }
}
