import { LeaseRepository, wasRejected, type ClaimedJob, type Lease, type Output } from '@app/database';
import type { FailureCode, FailureParams } from '@app/domain';
import { failpoint } from '@app/failpoints';
import { Injectable, Logger } from '@nestjs/common';
import { retryUntilAnswered } from '@app/messaging';

/** `made`: the row has the status that this run set. `lost`: another run or the job's owner decided otherwise. */
export type MoveOutcome = 'made' | 'lost';

export interface JobFailure {
  readonly code: FailureCode;
  readonly params?: FailureParams;
}

/** Ends runs. If an answer is lost, the row is read until it shows the outcome. A statement with an error rejects. */
@Injectable()
export class JobFinisher {
  private readonly logger = new Logger(JobFinisher.name);

  constructor(private readonly leases: LeaseRepository) {}

  async markDone(job: ClaimedJob, output: Output, signal: AbortSignal): Promise<MoveOutcome> {
    return this.settle(job, () => this.leases.markDone(job, output), signal, output.key);
  }

  async markFailed(job: ClaimedJob, { code, params }: JobFailure, signal: AbortSignal): Promise<MoveOutcome> {
    return this.settle(job, () => this.leases.markFailed(job, code, params), signal);
  }

  async retryLater(job: ClaimedJob, delayMs: number, signal: AbortSignal): Promise<MoveOutcome> {
    return this.settle(job, () => this.leases.retryLater(job, delayMs), signal);
  }

  /** Used on shutdown, with one attempt only: if it fails, the reconciler requeues the job as soon as the worker is gone. */
  async giveBack(lease: Lease): Promise<void> {
    try {
      await this.leases.giveBack(lease);
    } catch (error) {
      this.logger.warn({ msg: 'A job could not be given back', job_id: lease.jobId, err: error });
    }
  }

  /** Returns true if the row can never refer to this run's output. If that is unknown, the object sweeper decides later. */
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
    const attempt = async (): Promise<MoveOutcome> => {
      try {
        if (await this.commit(move)) return 'made';
        const outcome = await this.leases.readOutcome(lease);
        if (outcome?.isStillMine === true) throw new Error('The row has not changed yet');
        return outputKey !== undefined && outcome?.outputKey === outputKey ? 'made' : 'lost';
      } catch (error) {
        if (!wasRejected(error)) this.logger.warn({ msg: 'The outcome of a finishing update is unknown', err: error });
        throw error;
      }
    };
    return retryUntilAnswered(attempt, { signal, shouldRetry: (error) => !wasRejected(error) });
  }

  private async commit(move: () => Promise<boolean>): Promise<boolean> {
    failpoint('finish.commit.before');
    const isMade = await move();
    failpoint('finish.commit.after');
    return isMade;
  }
}
