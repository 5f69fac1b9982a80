import type { IncomingMessage } from 'node:http';
import { finished } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { storageUnavailable } from '../storage-errors.js';
import { s3Code } from './minio-errors.js';
import type { MinioConnection } from './minio-connection.js';
import { retryTransient } from './retry.js';

/**
 * One new object on its way into the store: whole, or part by part. Each request is repeated on its own while its
 * failure may pass. After a failure `discard` removes what was stored.
 */
export class ObjectUpload {
  private readonly canceled = new AbortController();
  private readonly etags: { part: number; etag: string }[] = [];
  private uploadId?: Promise<string>;
  private finishing?: Promise<void>;

  constructor(
    private readonly connection: MinioConnection,
    private readonly key: string,
    private readonly contentType: string,
  ) {}

  /** Ends the transfer of a part at once. Requests that begin or finish the upload run on: `discard` needs their outcome. */
  cancel(): void {
    this.canceled.abort();
  }

  async putWhole(bytes: Buffer, sha256: string): Promise<void> {
    this.finishing = this.retry(async () => {
      await this.put(bytes, sha256, '', { 'content-type': this.contentType });
    });
    await this.finishing;
  }

  async putPart(partNumber: number, bytes: Buffer, sha256: string): Promise<void> {
    this.uploadId ??= this.retry(() => this.initiate());
    const query = `partNumber=${partNumber}&uploadId=${encodeURIComponent(await this.uploadId)}`;
    const { signal } = this.canceled;
    const etag = await this.retry(() => this.put(bytes, sha256, query, {}, signal), signal);
    this.etags.push({ part: partNumber, etag });
  }

  async complete(): Promise<void> {
    const uploadId = await this.uploadId;
    if (uploadId === undefined) throw new Error('No part was sent');
    const { bucket } = this.connection;
    this.finishing = this.retry(async (attempt) => {
      try {
        await this.connection.client().completeMultipartUpload(bucket, this.key, uploadId, this.etags);
      } catch (error) {
        // An earlier attempt completed it and its answer was lost; the caller compares the object's size.
        if (attempt === 1 || s3Code(error) !== 'NoSuchUpload') throw error;
      }
    });
    await this.finishing;
  }

  /** Removes what was stored, as far as the store answers; never waits longer than its bound, never throws. */
  async discard(): Promise<void> {
    this.cancel();
    const bound = new AbortController();
    const late = delay(this.connection.bounds.discardTimeoutMs, undefined, { signal: bound.signal });
    await Promise.race([this.remove(), late]).catch(() => undefined);
    late.catch(() => undefined);
    bound.abort();
  }

  private async remove(): Promise<void> {
    const { bucket } = this.connection;
    await this.finishing?.catch(() => undefined);
    const uploadId = await this.uploadId?.catch(() => undefined);
    if (uploadId !== undefined) {
      // A part may still be in the server's hands, so the store's answer decides, not the first attempt.
      const abort = (): Promise<void> =>
        this.connection.lookupClient().abortMultipartUpload(bucket, this.key, encodeURIComponent(uploadId));
      await this.retry(abort).catch(() => undefined);
    }
    if (this.finishing) await this.retry(() => this.connection.lookupClient().removeObject(bucket, this.key));
  }

  private initiate(): Promise<string> {
    const { bucket } = this.connection;
    const headers = { 'content-type': this.contentType };
    return this.connection.client().initiateNewMultipartUpload(bucket, this.key, headers);
  }

  /** minio-js's own calls would copy the bytes and hash them in one go. */
  private async put(
    bytes: Buffer,
    sha256: string,
    query: string,
    headers: Record<string, string>,
    signal?: AbortSignal,
  ): Promise<string> {
    const client = this.connection.client(signal);
    const request = {
      method: 'PUT',
      bucketName: this.connection.bucket,
      objectName: this.key,
      query,
      headers: { ...headers, 'content-length': String(bytes.length) },
    };
    const hash = client.enableSHA256 ? sha256 : '';
    const response: IncomingMessage = await client.makeRequestStreamAsync(request, bytes, hash, [200], '');
    response.resume();
    await finished(response);
    return (response.headers.etag ?? '').replaceAll('"', '');
  }

  private async retry<T>(operation: (attempt: number) => Promise<T>, signal?: AbortSignal): Promise<T> {
    try {
      return await retryTransient(operation, this.connection.bounds.retry, signal);
    } catch (error) {
      throw storageUnavailable(error);
    }
  }
}
