import type { Conversion } from '../conversion/conversion.js';

/** Returns the result of a file for scripts. */
export function jsonLine(conversion: Conversion): string {
  const { source, output, jobId, job, failure } = conversion;
  const status = statusOf(conversion);
  const isDone = conversion.phase === 'done';
  return toJsonLine({
    source,
    output: isDone ? output : null,
    status,
    job_id: jobId,
    duration: isDone ? (job?.duration ?? null) : null,
    output_size: isDone ? (job?.output_size ?? null) : null,
    output_sha256: isDone ? (job?.output_sha256 ?? null) : null,
    error: failure?.code ?? null,
    message: failure?.message ?? null,
  });
}

function statusOf({ phase, job, isCanceled }: Conversion): string {
  if (phase === 'done') return 'DONE';
  if (phase === 'uploaded') return job?.status ?? 'PENDING';
  if (phase === 'stopped') return isCanceled ? 'CANCELED' : 'STOPPED';
  return 'FAILED';
}

/** Returns JSON without control characters, so that names stay exact and harmless. */
export function toJsonLine(value: object): string {
  const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(value).replaceAll(/[\u007f-\u009f]/g, escaped);
}
