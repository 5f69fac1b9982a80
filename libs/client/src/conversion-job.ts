import type { components } from './api-types.js';
import { InvalidResponseError } from './problem.js';

export type ConversionJob = components['schemas']['ConversionJob'];
export type ConversionStatus = ConversionJob['status'];

const ENDED: readonly ConversionStatus[] = ['DONE', 'FAILED', 'CANCELED'];
const JOB_ID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

export function isJobId(text: string): boolean {
  return JOB_ID.test(text);
}

/** Returns whether the status is final. */
export function hasEnded({ status }: Pick<ConversionJob, 'status'>): boolean {
  return ENDED.includes(status);
}

/** Returns the file name of a video's MP3, such as `talk.mp3` for `talk.mp4`. */
export function outputName(filename: string): string {
  const stem = filename.replace(/(?<=.)\.[^.]*$/su, '');
  return `${stem === '' ? 'video' : stem}.mp3`;
}

/** Checks the fields that the clients use, because any server can respond at an address; passes the others on. */
export function readJob(response: unknown): ConversionJob {
  const job = (typeof response === 'object' && response !== null ? response : {}) as Partial<Record<string, unknown>>;
  if (typeof job['id'] !== 'string' || !isJobId(job['id']) || typeof job['status'] !== 'string') {
    throw new InvalidResponseError();
  }
  const checked = {
    filename: textOf(job['filename']) ?? '',
    size: numberOf(job['size']) ?? 0,
    progress: Math.min(100, Math.max(0, numberOf(job['progress']) ?? 0)),
    error: textOf(job['error']),
    error_message: textOf(job['error_message']),
    retryable: typeof job['retryable'] === 'boolean' ? job['retryable'] : null,
    duration: numberOf(job['duration']),
    output_size: numberOf(job['output_size']),
    output_sha256: textOf(job['output_sha256']),
  };
  return { ...job, ...checked } as ConversionJob;
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}
