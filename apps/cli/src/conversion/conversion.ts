import { basename } from 'node:path';
import type { Job } from '../service/job.js';

/**
 * `waiting` for a free upload · `uploading` · `storing`: sent, not yet confirmed · `queued` at the service · `converting` ·
 * `downloading` · the ends: `done`, `failed`, `stopped` by the user
 */
export type Phase =
  'waiting' | 'uploading' | 'storing' | 'queued' | 'converting' | 'downloading' | 'done' | 'failed' | 'stopped';

export interface Ending {
  readonly code: string;
  readonly message: string;
}

/** One video on its way to an MP3. */
export class Conversion {
  phase: Phase = 'waiting';
  /** Of the phase, 0 to 1. */
  part = 0;
  sizeBytes = 0;
  job: Job | null = null;
  jobId: string | null = null;
  /** Where the MP3 is, or would have come to. */
  output: string | null = null;
  ending: Ending | null = null;

  private listener: (conversion: Conversion) => void = () => undefined;

  private constructor(
    /** Null where the video was uploaded before. */
    readonly source: string | null,
    /** As the command has it. */
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
    return ['done', 'failed', 'stopped'].includes(this.phase);
  }

  moveTo(phase: Phase, part = 0): void {
    this.phase = phase;
    this.part = part;
    this.listener(this);
  }

  follow(job: Job): void {
    this.job = job;
    this.jobId = job.id;
    if (job.status === 'PROCESSING') this.moveTo('converting', job.progress / 100);
    else this.moveTo('queued');
  }

  fail(ending: Ending): void {
    this.ending = ending;
    this.moveTo('failed');
  }
}
