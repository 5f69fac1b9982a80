import { OwnedJobRepository, type ConversionJob, type ShownJob } from '@app/database';
import { Dispatcher } from '@app/dispatch';
import { CONVERSION_STATUSES, DomainError, isMoveAllowed } from '@app/domain';
import { Injectable, Logger } from '@nestjs/common';
import { JobSelection, type SelectedJobs } from './job-selection.js';
import type { JobSelectionDto } from './job-selection.dto.js';
import { JobsEnv } from './jobs.env.js';
import { JobsService } from './jobs.service.js';

/** The attempts to move a job that changes in the meantime. A running job changes at most once a second. */
const MAX_TRIES = 20;
const CANCELABLE = CONVERSION_STATUSES.filter((status) => isMoveAllowed(status, 'CANCELED'));

/** Cancels and retries jobs for their owners. */
@Injectable()
export class JobMovesService {
  private readonly logger = new Logger(JobMovesService.name);

  constructor(
    private readonly jobs: JobsService,
    private readonly repository: OwnedJobRepository,
    private readonly selection: JobSelection,
    private readonly dispatcher: Dispatcher,
    private readonly env: JobsEnv,
  ) {}

  /** Cancels a job. Does nothing if it is already canceled. Rejects with `cancel_not_possible` if it ended otherwise. */
  async cancel(id: string, userId: number): Promise<ShownJob> {
    await this.moveToCanceled(id, userId);
    this.dispatcher.wake();
    return this.jobs.getShown(id, userId);
  }

  /** Cancels the waiting and running jobs among those given, and returns their ids. */
  async cancelMany(selection: JobSelectionDto, userId: number): Promise<SelectedJobs> {
    const { ids, hasMore } = await this.selection.find(selection, userId);
    const canceled = await this.repository.cancelMany(ids, userId);
    // Jobs that another transaction had locked are canceled one by one.
    for (const id of await this.repository.filterOwned(ids, userId, CANCELABLE)) {
      if (await this.tryCancel(id, userId)) canceled.push(id);
    }
    if (canceled.length > 0) this.dispatcher.wake();
    this.logger.log({ msg: 'Jobs canceled', user_id: userId, count: canceled.length });
    return { ids: canceled, hasMore };
  }

  /** Queues a failed or canceled job again. */
  async retry(id: string, userId: number): Promise<ShownJob> {
    await this.moveAsSeen(id, userId, async (job) => {
      if (job.status !== 'FAILED' && job.status !== 'CANCELED') throw new DomainError('retry_not_possible');
      const result = await this.repository.retry(job, this.env.MAX_ATTEMPTS);
      if (result === 'expired') throw new DomainError('source_expired');
      return result === 'retried';
    });
    this.dispatcher.wake();
    return this.jobs.getShown(id, userId);
  }

  private async moveToCanceled(id: string, userId: number): Promise<void> {
    await this.moveAsSeen(id, userId, async (job) => {
      if (job.status === 'CANCELED') return true;
      if (!CANCELABLE.includes(job.status)) throw new DomainError('cancel_not_possible');
      return this.repository.cancel(job);
    });
  }

  /** Returns false if the job ended or was deleted meanwhile. */
  private async tryCancel(id: string, userId: number): Promise<boolean> {
    try {
      await this.moveToCanceled(id, userId);
      return true;
    } catch (error) {
      if (error instanceof DomainError && (error.code === 'cancel_not_possible' || error.code === 'not_found')) {
        return false;
      }
      throw error;
    }
  }

  /** Reads the job and tries the move, again if the job changed between the two. */
  private async moveAsSeen(id: string, userId: number, move: (job: ConversionJob) => Promise<boolean>): Promise<void> {
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      if (await move(await this.jobs.getOwned(id, userId))) return;
    }
    throw new DomainError('database_unavailable', { cause: new Error('The job changes faster than it can be moved') });
  }
}
