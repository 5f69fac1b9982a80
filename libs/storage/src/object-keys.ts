import { DomainError } from '@app/domain';

/** Keys consist of ids that the service generates; they never contain the file name of a user. */
export const SOURCE_PREFIX = 'source/';
export const OUTPUT_PREFIX = 'output/';

/** The name of the identity of a store. It is not an object key, so it is never listed, swept or deleted. */
export const IDENTITY_NAME = 'identity';

const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const SOURCE_KEY = new RegExp(`^${SOURCE_PREFIX}(${UUID})$`);
const OUTPUT_KEY = new RegExp(`^${OUTPUT_PREFIX}(${UUID})/\\d+-(${UUID})\\.mp3$`);

export function sourceKey(jobId: string): string {
  return `${SOURCE_PREFIX}${jobId}`;
}

/** Each run has its own output key, with the attempt and the lease token, so an output is never overwritten. */
export function outputKey(jobId: string, attempt: number, leaseToken: string): string {
  return `${OUTPUT_PREFIX}${jobId}/${attempt}-${leaseToken}.mp3`;
}

/** Returns the job of an object, and for an output its lease token; null for a key of another form. */
export function parseObjectKey(key: string): { jobId: string; leaseToken?: string } | null {
  const source = SOURCE_KEY.exec(key);
  if (source?.[1] !== undefined) return { jobId: source[1] };
  const output = OUTPUT_KEY.exec(key);
  if (output?.[1] !== undefined && output[2] !== undefined) return { jobId: output[1], leaseToken: output[2] };
  return null;
}

/** Throws if the service cannot have generated the key, before it becomes a path or a URL. */
export function assertObjectKey(key: string): void {
  if (parseObjectKey(key) === null) {
    throw new DomainError('internal_error', {
      message: 'The object key does not have a form that this service generates.',
    });
  }
}
