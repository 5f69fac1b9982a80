import { DomainError, readFailureParams } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { JobsService } from '../jobs/jobs.service.js';

/** The output of a finished job as recorded in its row. The stored object must match it. */
export interface RecordedOutput {
  readonly key: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly sourceFilename: string;
  readonly finishedAt: Date;
}

@Injectable()
export class DownloadsService {
  constructor(private readonly jobs: JobsService) {}

  async getOutput(jobId: string, userId: number): Promise<RecordedOutput> {
    const job = await this.jobs.getOwned(jobId, userId);
    const { status, outputKey, outputSize, outputSha256, finishedAt } = job;
    if (status === 'FAILED') {
      const failureParams = readFailureParams(job.errorParams);
      throw new DomainError('job_failed', { params: { failure: job.error ?? 'unknown_error', failureParams } });
    }
    if (status === 'CANCELED') throw new DomainError('job_canceled');
    if (
      status !== 'DONE' ||
      outputKey === null ||
      outputSize === null ||
      outputSha256 === null ||
      finishedAt === null
    ) {
      throw new DomainError('not_finished');
    }
    return {
      key: outputKey,
      sizeBytes: outputSize,
      sha256: outputSha256,
      sourceFilename: job.sourceFilename,
      finishedAt,
    };
  }
}
