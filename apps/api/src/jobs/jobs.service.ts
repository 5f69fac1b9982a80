import { OwnedJobRepository, type ConversionJob, type ShownJob } from '@app/database';
import { DomainError } from '@app/domain';
import { Injectable } from '@nestjs/common';

@Injectable()
export class JobsService {
  constructor(private readonly jobs: OwnedJobRepository) {}

  /** Answers the same for a job of another user and for one that does not exist. */
  async getOwned(id: string, userId: number): Promise<ConversionJob> {
    const job = await this.jobs.findOwned(id, userId);
    if (job === null) throw new DomainError('not_found');
    return job;
  }

  /** Returns null for a job of another user and for one that does not exist. */
  async findShown(id: string, userId: number): Promise<ShownJob | null> {
    return this.jobs.findShown(id, userId);
  }

  /** Answers the same for a job of another user and for one that does not exist. */
  async getShown(id: string, userId: number): Promise<ShownJob> {
    const job = await this.findShown(id, userId);
    if (job === null) throw new DomainError('not_found');
    return job;
  }
}
