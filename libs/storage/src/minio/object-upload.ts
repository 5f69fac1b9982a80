import type { IncomingMessage } from 'node:http';
import { finished } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from 'minio';
import { storageUnavailable } from '../storage-errors.js';
import { s3Code } from './minio-errors.js';
import type { MinioConnection } from './minio-connection.js';
import type { PartBytes } from './part-hasher.js';
import { retryTransient } from './retry.js';

/**
 * Uploads one new object, whole or in parts that can be sent in parallel. Each request is retried while its errors are
 * transient. After a failure, `discard` removes what was stored.
 */
export class ObjectUpload {
  private readonly canceled = new AbortController();
  private readonly etags: { part: number; etag: string }[] = [];
  private readonly sending = new Set<Promise<unknown>>();
  private uploadId?: Promise<string>;
  private finishing?: Promise<void>;

  constructor(
    private readonly connection: MinioConnection,
    private readonly key: string,
    private readonly contentType: string,
  ) {}

  /** Stops sending parts. Requests that begin or finish the upload continue: `discard` needs their outcome. */
  cancel(): void {
    this.canceled.abort();
  }

  async putWhole(bytes: PartBytes): Promise<void> {
    this.finishing = this.sendWhole(bytes);
    await this.finishing;
  }

  /** Sends one part. The bytes must not change until it settles. */
  async putPart(partNumber: number, bytes: PartBytes): Promise<void> {
    this.uploadId ??= this.retry(() => this.initiate());
    const sent = this.sendPart(partNumber, bytes, this.uploadId);
    this.sending.add(sent);
    await sent.finally(() => this.sending.delete(sent));
  }

  async complete(): Promise<void> {
    const uploadId = await this.uploadId;
    if (uploadId === undefined) throw new Error('No part was sent');
    const { bucket } = this.connection;
    const etags = this.etags.toSorted((a, b) => a.part - b.part);
    this.finishing = this.retry(async (attempt) => {
      try {
        await this.connection.client().completeMultipartUpload(bucket, this.key, uploadId, etags);
      } catch (error) {
        // An earlier attempt completed it, but the response was lost. The caller compares the size of the object.
        if (attempt === 1 || s3Code(error) !== 'NoSuchUpload') throw error;
      }
    });
    await this.finishing;
  }

  /** Removes what was stored, if the store answers within the timeout. Never throws. */
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
    await Promise.allSettled(this.sending);
    const uploadId = await this.uploadId?.catch(() => undefined);
    if (uploadId !== undefined) {
      // The server can still be storing a part, so its answer decides, not the first attempt.
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

  private async sendWhole(bytes: PartBytes): Promise<void> {
    const sha256 = await this.hashOf(bytes);
    const headers = { 'content-type': this.contentType };
    await this.retry(() => this.put(this.connection.client(), { bytes, sha256, headers }));
  }

  private async sendPart(partNumber: number, bytes: PartBytes, uploadId: Promise<string>): Promise<void> {
    const [sha256, id] = await Promise.all([this.hashOf(bytes), uploadId]);
    const query = `partNumber=${partNumber}&uploadId=${encodeURIComponent(id)}`;
    const { signal } = this.canceled;
    const etag = await this.retry(() => this.put(this.connection.client(signal), { bytes, sha256, query }), signal);
    this.etags.push({ part: partNumber, etag });
  }

  /** No hash is sent over TLS, which detects damaged bytes itself. */
  private hashOf(bytes: PartBytes): Promise<string> {
    return this.connection.isSecure ? Promise.resolve('') : this.connection.hasher.hash(bytes);
  }

  /** Returns the entity tag. The methods of minio-js would copy the bytes and hash them in the event loop. */
  private async put(client: Client, { bytes, sha256, query = '', headers = {} }: PutRequest): Promise<string> {
    const request = {
      method: 'PUT',
      bucketName: this.connection.bucket,
      objectName: this.key,
      query,
      headers: { ...headers, 'content-length': String(bytes.length) },
    };
    const response: IncomingMessage = await client.makeRequestStreamAsync(request, bytes, sha256, [200], '');
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

interface PutRequest {
  readonly bytes: PartBytes;
  /** Empty if the body is sent unsigned. */
  readonly sha256: string;
  readonly query?: string;
  readonly headers?: Record<string, string>;
}
