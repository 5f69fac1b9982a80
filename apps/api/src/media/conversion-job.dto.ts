import type { ConversionJob } from '@app/database';
import { FAILURES, type ConversionStatus, type FailureCode } from '@app/domain';

export interface ConversionJobLinks {
  readonly status: string;
  /** Only once there is something to download. */
  readonly download?: string;
}

/** A conversion job as its owner sees it. */
export class ConversionJobDto {
  readonly id: string;
  readonly status: ConversionStatus;
  readonly created_at: string;
  /** The failure code of a job that FAILED. */
  readonly error: FailureCode | null;
  /** A sentence that says what the code means and what to do. */
  readonly error_message: string | null;
  /** Whether the same source may succeed on another try. */
  readonly retryable: boolean | null;
  readonly filename: string;
  /** Of the source, in bytes. */
  readonly size: number;
  /** Per cent of the current run. */
  readonly progress: number;
  readonly attempt: number;
  readonly options: object;
  /** Of the output, in seconds. */
  readonly duration: number | null;
  readonly output_size: number | null;
  readonly output_sha256: string | null;
  readonly encoding: string | null;
  /** Grows with every change. */
  readonly revision: number;
  readonly started_at: string | null;
  readonly finished_at: string | null;
  readonly links: ConversionJobLinks;

  constructor(job: ConversionJob) {
    this.id = job.id;
    this.status = job.status;
    this.created_at = job.createdAt.toISOString();
    this.error = job.error;
    this.error_message = job.error === null ? null : FAILURES[job.error].message;
    this.retryable = job.error === null ? null : FAILURES[job.error].retryable;
    this.filename = job.sourceFilename;
    this.size = job.sourceSize;
    this.progress = job.progress;
    this.attempt = job.attempt;
    this.options = job.options;
    this.duration = job.durationMs === null ? null : job.durationMs / 1000;
    this.output_size = job.outputSize;
    this.output_sha256 = job.outputSha256;
    this.encoding = job.encoding;
    this.revision = job.revision;
    this.started_at = job.startedAt?.toISOString() ?? null;
    this.finished_at = job.finishedAt?.toISOString() ?? null;
    this.links = linksOf(job);
  }
}

export function statusPath(jobId: string): string {
  return `/media/${jobId}/status`;
}

function linksOf({ id, status }: ConversionJob): ConversionJobLinks {
  return { status: statusPath(id), ...(status === 'DONE' ? { download: `/media/${id}/download` } : {}) };
}
