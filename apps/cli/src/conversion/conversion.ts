import { basename } from 'node:path';
import type { ConversionJob } from '@app/client';

/**
 * `waiting` for a free upload · `uploading` · `storing`: sent, not yet confirmed · `queued` at the service · `converting` ·
 * `downloading` · final: `done`, `uploaded` with `--detach`, `failed`, `stopped` by the user
 */
export type Phase =
  | 'waiting'
  | 'uploading'
  | 'storing'
  | 'queued'
  | 'converting'
  | 'downloading'
  | 'done'
  | 'uploaded'
  | 'failed'
  | 'stopped';

export interface ConversionFailure {
  readonly code: string;
  readonly message: string;
}

/** One video that becomes an MP3. */
export class Conversion {
  phase: Phase = 'waiting';
  /** The progress of the phase, from 0 to 1. */
  fraction = 0;
  sizeBytes = 0;
  job: ConversionJob | null = null;
  jobId: string | null = null;
  /** The path of the MP3, also of one that was not written. */
  output: string | null = null;
  failure: ConversionFailure | null = null;
  /** True if the service has canceled the job because the user stopped the command. */
  isCanceled = false;

  private listener: (conversion: Conversion) => void = () => undefined;

  private constructor(
    /** Null if the video was uploaded by an earlier command. */
    readonly source: string | null,
    /** As given in the command. */
    readonly name: string,
    readonly shortName: string,
  ) {}

  static ofFile(source: string): Conversion {
    return new Conversion(source, source, basename(source));
  }

  static ofJob(jobId: string): Conversion {
    const conversion = new Conversion(null, jobId, jobId);
    conversion.jobId = jobId;
    return conversion;
  }

  onChange(listener: (conversion: Conversion) => void): void {
    this.listener = listener;
  }

  get hasEnded(): boolean {
    return ['done', 'uploaded', 'failed', 'stopped'].includes(this.phase);
  }

  moveTo(phase: Phase, fraction = 0): void {
    this.phase = phase;
    this.fraction = fraction;
    this.listener(this);
  }

  follow(job: ConversionJob): void {
    this.job = job;
    this.jobId = job.id;
    if (job.status === 'PROCESSING') this.moveTo('converting', job.progress / 100);
    else this.moveTo('queued');
  }

  fail(failure: ConversionFailure): void {
    this.failure = failure;
    this.moveTo('failed');
  }
}
