import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { PART_BYTES } from '../download/byte-ranges.js';
import type { RangedSource } from '../download/ranged-source.js';
import type { ByteRange } from '../object-storage.js';
import { VerifiedBody } from '../verified-body.js';
import { ObjectChangedError, s3Code, translateError } from './minio-errors.js';
import type { MinioConnection } from './minio-connection.js';
import { retryTransient } from './retry.js';

interface Answer {
  readonly body: Readable;
  readonly etag: string;
  readonly sizeBytes: number;
  readonly roundTripMs: number;
}

/** One version of an object. The request that finds it already reads its beginning, so a small object takes one request. */
export class MinioSource implements RangedSource {
  readonly head: ByteRange;
  private first: Readable | null;

  private constructor(
    private readonly connection: MinioConnection,
    private readonly key: string,
    private readonly found: Answer,
  ) {
    this.first = found.body;
    this.head = { start: 0, end: Math.min(PART_BYTES, found.sizeBytes) - 1 };
  }

  /** Rejects with `object_not_found` or `storage_unavailable`, or with the reason of the signal. */
  static async open(connection: MinioConnection, key: string, signal?: AbortSignal): Promise<MinioSource> {
    try {
      const find = (): Promise<Answer> =>
        request(connection, key, { range: { start: 0, end: PART_BYTES - 1 }, signal });
      const found = await retryTransient(find, connection.lookupRetry, signal).catch((error: unknown) => {
        // An empty object has no range.
        if (s3Code(error) === 'InvalidRange') return request(connection, key, { signal });
        throw error;
      });
      return new MinioSource(connection, key, found);
    } catch (error) {
      signal?.throwIfAborted();
      throw translateError(error);
    }
  }

  get sizeBytes(): number {
    return this.found.sizeBytes;
  }

  get roundTripMs(): number {
    return this.found.roundTripMs;
  }

  get bytesPerSecond(): number | null {
    return this.connection.bytesPerSecond;
  }

  onMeasured(bytesPerSecond: number): void {
    this.connection.bytesPerSecond = bytesPerSecond;
  }

  async open(range: ByteRange, signal: AbortSignal): Promise<Readable> {
    const { first } = this;
    this.first = null;
    if (first !== null && range.start === this.head.start) return first;
    const { etag, sizeBytes } = this.found;
    const answer = await request(this.connection, this.key, { range, etag, signal });
    if (answer.etag === etag && answer.sizeBytes === sizeBytes) return answer.body;
    answer.body.destroy();
    throw new ObjectChangedError();
  }

  async retry(step: () => Promise<void>, signal: AbortSignal): Promise<void> {
    try {
      await retryTransient(step, this.connection.bounds.retry, signal);
    } catch (error) {
      signal.throwIfAborted();
      throw translateError(error);
    }
  }

  /** Ends a request whose body was not read. */
  close(): void {
    this.first?.destroy();
  }
}

interface RangeRequest {
  readonly range?: ByteRange;
  /** The only version that is accepted. */
  readonly etag?: string;
  readonly signal?: AbortSignal;
}

async function request(
  connection: MinioConnection,
  key: string,
  { range, etag, signal }: RangeRequest,
): Promise<Answer> {
  const startedAt = performance.now();
  const headers: Record<string, string> = {};
  if (range !== undefined) headers.range = `bytes=${range.start}-${range.end}`;
  if (etag !== undefined) headers['if-match'] = etag;
  const options = { method: 'GET', bucketName: connection.bucket, objectName: key, headers };
  const response = await connection.lookupClient(signal).makeRequestAsync(options, '', [200, 206]);
  // From here on, VerifiedBody checks for silence.
  response.setTimeout(0);
  const extent = extentOf(response, range);
  if (extent === null) {
    response.destroy();
    throw new Error('The store answered a read with a body of unknown or wrong length');
  }
  return {
    body: new VerifiedBody(response, extent.lengthBytes, connection.bounds.idleTimeoutMs),
    etag: response.headers.etag ?? '',
    sizeBytes: extent.sizeBytes,
    roundTripMs: performance.now() - startedAt,
  };
}

/** Returns the length of the body and of the object; null if it is not the requested range, or the whole object. */
function extentOf(
  { statusCode, headers }: IncomingMessage,
  range?: ByteRange,
): { lengthBytes: number; sizeBytes: number } | null {
  const lengthBytes = Number(headers['content-length'] ?? Number.NaN);
  if (!Number.isSafeInteger(lengthBytes)) return null;
  if (statusCode === 200) {
    const mostBytes = range?.start === 0 ? range.end + 1 : 0;
    return lengthBytes <= mostBytes ? { lengthBytes, sizeBytes: lengthBytes } : null;
  }
  const [, start, end, size] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(headers['content-range'] ?? '')?.map(Number) ?? [];
  if (range === undefined || start !== range.start || end === undefined || size === undefined) return null;
  const isComplete = end === Math.min(range.end, size - 1) && lengthBytes === end - start + 1;
  return isComplete ? { lengthBytes, sizeBytes: size } : null;
}
