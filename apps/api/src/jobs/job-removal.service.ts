import { JobRemovalRepository, OwnedJobRepository, type RemovedJob } from '@app/database';
import { Dispatcher } from '@app/dispatch';
import { DomainError } from '@app/domain';
import { ObjectStorage } from '@app/storage';
import { Injectable, Logger } from '@nestjs/common';
import { JobSelection, type SelectedJobs } from './job-selection.js';
import type { JobSelectionDto } from './job-selection.dto.js';

/** The number of rows that one transaction locks. */
const BATCH = 250;
const DELETIONS_AT_ONCE = 8;

/**
 * Deletes jobs for their owners: the rows first, then the objects that nothing refers to any more. A worker that still
 * runs a job loses its lease with the row, and deletes the output that it may have stored.
 */
@Injectable()
export class JobRemovalService {
  private readonly logger = new Logger(JobRemovalService.name);

  constructor(
    private readonly repository: JobRemovalRepository,
    private readonly owned: OwnedJobRepository,
    private readonly selection: JobSelection,
    private readonly storage: ObjectStorage,
    private readonly dispatcher: Dispatcher,
  ) {}

  async remove(id: string, userId: number): Promise<void> {
    const removed = await this.repository.remove(id, userId);
    if (removed === null) throw new DomainError('not_found');
    await this.finish([removed], userId);
  }

  /** Deletes the jobs that exist, and returns their ids. */
  async removeMany(selection: JobSelectionDto, userId: number): Promise<SelectedJobs> {
    const { ids, hasMore } = await this.selection.find(selection, userId);
    const removed: string[] = [];
    for (let start = 0; start < ids.length; start += BATCH) {
      const batch = await this.removeBatch(ids.slice(start, start + BATCH), userId);
      await this.finish(batch, userId);
      removed.push(...batch.map(({ id }) => id));
    }
    return { ids: removed, hasMore };
  }

  /** Removes unlocked jobs in one transaction, then the locked ones one by one. */
  private async removeBatch(ids: readonly string[], userId: number): Promise<RemovedJob[]> {
    const removed = await this.repository.removeMany(ids, userId);
    if (removed.length === ids.length) return removed;
    for (const id of await this.owned.filterOwned(ids, userId)) {
      const job = await this.repository.remove(id, userId);
      if (job !== null) removed.push(job);
    }
    return removed;
  }

  private async finish(removed: readonly RemovedJob[], userId: number): Promise<void> {
    this.dispatcher.wake();
    const keys = [...new Set(removed.flatMap(({ objectKeys }) => objectKeys))];
    this.logger.log({ msg: 'Jobs deleted', user_id: userId, count: removed.length, objects: keys.length });
    try {
      await this.deleteObjects(keys);
    } catch (error) {
      this.logger.warn({ err: error, msg: 'Objects of deleted jobs remain; the object sweeper will delete them' });
    }
  }

  private async deleteObjects(keys: readonly string[]): Promise<void> {
    for (let start = 0; start < keys.length; start += DELETIONS_AT_ONCE) {
      await Promise.all(keys.slice(start, start + DELETIONS_AT_ONCE).map((key) => this.storage.delete(key)));
    }
  }
}
