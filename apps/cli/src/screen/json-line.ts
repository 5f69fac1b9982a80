import type { Conversion } from '../conversion/conversion.js';

const STATUS_OF = { done: 'DONE', failed: 'FAILED', stopped: 'STOPPED' } as const;

/** Returns the result of a file for scripts. */
export function jsonLine({ phase, source, output, jobId, job, failure }: Conversion): string {
  const status = phase === 'done' || phase === 'stopped' ? STATUS_OF[phase] : STATUS_OF.failed;
  const isDone = status === 'DONE';
  return toJsonLine({
    source,
    output: isDone ? output : null,
    status,
    job_id: jobId,
    duration: isDone ? (job?.duration ?? null) : null,
    output_size: isDone ? (job?.output_size ?? null) : null,
    output_sha256: isDone ? (job?.output_sha256 ?? null) : null,
    error: status === 'FAILED' ? (failure?.code ?? null) : null,
    message: status === 'FAILED' ? (failure?.message ?? null) : null,
  });
}

/** Returns JSON without control characters, so that names stay exact and harmless. */
export function toJsonLine(value: object): string {
  const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(value).replaceAll(/[\u007f-\u009f]/g, escaped);
}
