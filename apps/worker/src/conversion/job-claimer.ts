import { randomUUID } from 'node:crypto';
import { LeaseRepository, OwnerLock, type ClaimedJob, type Lease } from '@app/database';
import { failpoint } from '@app/failpoints';
import { Injectable, Logger } from '@nestjs/common';
import { JobWorkspace } from './job-workspace.js';
import { LeaseKeeper } from './lease-keeper.js';
import { retryUntilAnswered } from '@app/messaging';

/** Claims the job of a message, and waits for as long as the database or the disk is unavailable. */
@Injectable()
export class JobClaimer {
  private readonly logger = new Logger(JobClaimer.name);

  constructor(
    private readonly leases: LeaseRepository,
    private readonly keeper: LeaseKeeper,
    private readonly ownerLock: OwnerLock,
    private readonly workspace: JobWorkspace,
  ) {}

  /** Returns null if the job cannot be claimed (any more). Rejects with the signal's reason when the worker shuts down. */
  async claim(jobId: string, signal: AbortSignal): Promise<ClaimedJob | null> {
    let unanswered = null as Lease | null;
    const attempt = async (): Promise<ClaimedJob | null> => {
      if (unanswered !== null) {
        const claimed = await this.leases.findClaimed(unanswered);
        if (claimed !== null) return claimed;
        // The statement may still take effect: a later heartbeat finds out.
        this.keeper.watch(unanswered);
        unanswered = null;
      }
      await this.requireRoom(jobId);
      const lease = (unanswered = { jobId, token: randomUUID() });
      const claimed = await this.send(lease);
      unanswered = null;
      return claimed;
    };
    try {
      return await retryUntilAnswered(attempt, { signal });
    } catch (error) {
      if (unanswered !== null) this.keeper.watch(unanswered);
      throw error;
    }
  }

  private async requireRoom(jobId: string): Promise<void> {
    if (await this.workspace.hasRoom()) return;
    this.logger.warn({ msg: 'The work directory is full; the job waits', job_id: jobId });
    throw new Error('The work directory is full');
  }

  private async send(lease: Lease): Promise<ClaimedJob | null> {
    this.keeper.expect(lease.token);
    try {
      failpoint('claim.commit.before');
      const claimed = await this.leases.claim({ ...lease, owner: this.ownerLock.leaseOwner });
      failpoint('claim.commit.after');
      if (claimed === null) this.keeper.forget(lease.token);
      return claimed;
    } catch (error) {
      this.logger.warn({ msg: 'The answer to a claim was lost', err: error, job_id: lease.jobId });
      throw error;
    }
  }
}
