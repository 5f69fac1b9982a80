import { JobListRepository } from '@app/database';
import { ValidationError } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { MAX_SELECTED_JOBS, type JobSelectionDto } from './job-selection.dto.js';

export interface SelectedJobs {
  readonly ids: readonly string[];
  /** True if more jobs have the status. */
  readonly hasMore: boolean;
}

/** Finds the jobs that a request selects by their ids or by their status. */
@Injectable()
export class JobSelection {
  constructor(private readonly jobs: JobListRepository) {}

  async find({ ids, status }: JobSelectionDto, userId: number): Promise<SelectedJobs> {
    if (ids != null && status == null) return { ids: [...new Set(ids.map((id) => id.toLowerCase()))], hasMore: false };
    if (status == null || ids != null) {
      throw new ValidationError([{ field: ids == null ? 'ids' : 'status', message: 'Send either ids or status' }]);
    }
    const found = await this.jobs.newestIds(userId, status, MAX_SELECTED_JOBS + 1);
    return { ids: found.slice(0, MAX_SELECTED_JOBS), hasMore: found.length > MAX_SELECTED_JOBS };
  }
}
