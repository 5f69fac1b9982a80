/** Keys carry ids that the service drew; a user's file name is never part of one. */
export const SOURCE_PREFIX = 'source/';
export const OUTPUT_PREFIX = 'output/';

export function sourceKey(jobId: string): string {
  return `${SOURCE_PREFIX}${jobId}`;
}

/** The attempt and the lease token make every run's output a key of its own: an output is never overwritten. */
export function outputKey(jobId: string, attempt: number, leaseToken: string): string {
  return `${OUTPUT_PREFIX}${jobId}/${attempt}-${leaseToken}.mp3`;
}

/** The job that an object belongs to, and for an output the lease token; null for a key of another shape. */
export function parseObjectKey(key: string): { jobId: string; leaseToken?: string } | null {
  const uuid = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
  const source = new RegExp(`^source/(${uuid})$`).exec(key);
  if (source?.[1] !== undefined) return { jobId: source[1] };
  const output = new RegExp(`^output/(${uuid})/\\d+-(${uuid})\\.mp3$`).exec(key);
  if (output?.[1] !== undefined && output[2] !== undefined) return { jobId: output[1], leaseToken: output[2] };
  return null;
}
