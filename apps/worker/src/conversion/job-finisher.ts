import { LeaseRepository, wasRefused, type ClaimedJob, type Lease, type Output } from '@app/database';
import type { FailureCode } from '@app/domain';
import { failpoint } from '@app/failpoints';
import { Injectable, Logger } from '@nestjs/common';
import { BackOff } from './back-off.js';

/** `made`: the row says what this run wanted. `lost`: another run or its owner decided otherwise. */
export type MoveOutcome = 'made' | 'lost';

/** Ends runs. A lost answer is never taken for a "no": the row is read until it tells. A refused statement rejects. */
@Injectable()
export class JobFinisher {
  private readonly logger = new Logger(JobFinisher.name);

  constructor(private readonly leases: LeaseRepository) {}

  async markDone(job: ClaimedJob, output: Output, signal: AbortSignal): Promise<MoveOutcome> {
    return this.settle(job, () => this.leases.markDone(job, output), signal, output.key);
  }

  async markFailed(job: ClaimedJob, code: FailureCode, signal: AbortSignal): Promise<MoveOutcome> {
    return this.settle(job, () => this.leases.markFailed(job, code), signal);
  }

  async retryLater(job: ClaimedJob, delayMs: number, signal: AbortSignal): Promise<MoveOutcome> {
    return this.settle(job, () => this.leases.retryLater(job, delayMs), signal);
  }

  /** For a drain: one try. If it does not get through, the owner's lock is free in a moment and the reconciler acts. */
  async giveBack(lease: Lease): Promise<void> {
    try {
      await this.leases.giveBack(lease);
    } catch (error) {
      this.logger.warn({ msg: 'A job could not be given back', job_id: lease.jobId, err: error });
    }
  }

  /** Whether the row has no use for this run's output, now or later. On any doubt: no, and a sweeper decides in a day. */
  async isOutputUnwanted(lease: Lease, outputKey: string): Promise<boolean> {
    try {
      const outcome = await this.leases.readOutcome(lease);
      return outcome === null || (!outcome.isStillMine && outcome.outputKey !== outputKey);
    } catch {
      return false;
    }
  }

  private async settle(
    lease: Lease,
    move: () => Promise<boolean>,
    signal: AbortSignal,
    outputKey?: string,
  ): Promise<MoveOutcome> {
    const backOff = new BackOff(signal);
    for (;;) {
      try {
        if (await this.commit(move)) return 'made';
        const outcome = await this.leases.readOutcome(lease);
        if (outcome === null || !outcome.isStillMine) {
          return outputKey !== undefined && outcome?.outputKey === outputKey ? 'made' : 'lost';
        }
      } catch (error) {
        if (wasRefused(error)) throw error;
        this.logger.warn({ msg: 'The answer to a finishing update was lost; the row is read', err: error });
      }
      await backOff.pause();
    }
  }

  private async commit(move: () => Promise<boolean>): Promise<boolean> {
    failpoint('finish.commit.before');
    const isMade = await move();
    failpoint('finish.commit.after');
    return isMade;
  }
}
