import { Failure } from '../failure.js';

/** What this client reads of a conversion job. */
export interface Job {
  readonly id: string;
  readonly status: string;
  readonly filename: string;
  readonly progress: number;
  readonly error: string | null;
  readonly error_message: string | null;
  /** Of the MP3, in seconds. */
  readonly duration: number | null;
  readonly output_size: number | null;
  readonly output_sha256: string | null;
}

const ENDED = ['DONE', 'FAILED', 'CANCELED'];
const JOB_ID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

export function isJobId(text: string): boolean {
  return JOB_ID.test(text);
}

export function hasEnded({ status }: Job): boolean {
  return ENDED.includes(status);
}

/** Anything may answer at an address: what is used is looked at. */
export function readJob(answer: unknown): Job {
  const job = (typeof answer === 'object' && answer !== null ? answer : {}) as Partial<Record<keyof Job, unknown>>;
  if (typeof job.id !== 'string' || !isJobId(job.id) || typeof job.status !== 'string') {
    throw new Failure('not_a_service', 'The answer is not one of a video-to-mp3 service. Check the address.');
  }
  return {
    id: job.id,
    status: job.status,
    filename: textOf(job.filename) ?? '',
    progress: Math.min(100, Math.max(0, numberOf(job.progress) ?? 0)),
    error: textOf(job.error),
    error_message: textOf(job.error_message),
    duration: numberOf(job.duration),
    output_size: numberOf(job.output_size),
    output_sha256: textOf(job.output_sha256),
  };
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}
