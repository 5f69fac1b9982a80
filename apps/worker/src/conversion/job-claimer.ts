import { randomUUID } from 'node:crypto';
import { LeaseRepository, OwnerLock, type ClaimedJob, type Lease } from '@app/database';
import { failpoint } from '@app/failpoints';
import { Injectable, Logger } from '@nestjs/common';
import { BackOff } from './back-off.js';
import { JobWorkspace } from './job-workspace.js';
import { LeaseKeeper } from './lease-keeper.js';

/** Claims the job of a message, however long the database or the disk makes it wait. */
@Injectable()
export class JobClaimer {
  private readonly logger = new Logger(JobClaimer.name);

  constructor(
    private readonly leases: LeaseRepository,
    private readonly keeper: LeaseKeeper,
    private readonly ownerLock: OwnerLock,
    private readonly workspace: JobWorkspace,
  ) {}

  /** Null: the job is not to be run (any more). Rejects with the signal's reason when the worker drains. */
  async claim(jobId: string, signal: AbortSignal): Promise<ClaimedJob | null> {
    const backOff = new BackOff(signal);
    for (;;) {
      if (await this.workspace.hasRoom()) {
        const answer = await this.tryClaim({ jobId, token: randomUUID() }, backOff);
        if (answer !== 'again') return answer;
      } else {
        this.logger.warn({ msg: 'The work directory is full; the job waits', job_id: jobId });
        await backOff.pause();
      }
    }
  }

  private async tryClaim(lease: Lease, backOff: BackOff): Promise<ClaimedJob | null | 'again'> {
    this.keeper.expect(lease.token);
    try {
      failpoint('claim.commit.before');
      const claimed = await this.leases.claim({ ...lease, owner: this.ownerLock.owner });
      failpoint('claim.commit.after');
      if (claimed === null) this.keeper.forget(lease.token);
      return claimed;
    } catch (error) {
      this.logger.warn({ msg: 'The answer to a claim was lost', err: error, job_id: lease.jobId });
      return this.settle(lease, backOff);
    }
  }

  /** An unanswered claim may have taken effect, or may do so later: the row tells the first, the beat finds the second. */
  private async settle(lease: Lease, backOff: BackOff): Promise<ClaimedJob | 'again'> {
    try {
      for (;;) {
        await backOff.pause();
        const row = await this.leases.findClaimed(lease).catch(() => 'unreadable' as const);
        if (row !== 'unreadable') return row ?? this.leaveToBeat(lease);
      }
    } catch (error) {
      this.keeper.watch(lease);
      throw error;
    }
  }

  private leaveToBeat(lease: Lease): 'again' {
    this.keeper.watch(lease);
    return 'again';
  }
}
