import { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { OnApplicationShutdown } from '@nestjs/common';
import { DomainError } from '@app/domain';
import type { Client } from 'minio';
import { downloadToFile } from '../download/download-to-file.js';
import { assertObjectKey, IDENTITY_NAME, parseObjectKey } from '../object-keys.js';
import {
  ObjectStorage,
  type ByteRange,
  type FetchedFile,
  type FetchOptions,
  type ListedObject,
  type ObjectStat,
  type WriteOptions,
} from '../object-storage.js';
import { pump } from '../pump.js';
import { storageMisconfigured, storageUnavailable } from '../storage-errors.js';
import { VerifiedBody } from '../verified-body.js';
import { writeLocalFile } from '../write-local-file.js';
import { isMissingObject, accessProblem, translateError } from './minio-errors.js';
import { DEFAULT_BOUNDS, MinioConnection, type MinioBounds, type MinioSettings } from './minio-connection.js';
import { MinioSource } from './minio-source.js';
import { ObjectUpload } from './object-upload.js';
import { PartPool } from './part-pool.js';
import { PartSink } from './part-sink.js';
import { retryTransient } from './retry.js';

const PAGE_SIZE = 1_000;

/** The memory for further parts, shared by all uploads. The first part of each upload is not included. */
const PART_BUDGET_BYTES = 32 * 1024 * 1024;

/** Stores objects in one bucket of an S3-compatible store. */
export class MinioObjectStorage extends ObjectStorage implements OnApplicationShutdown {
  private readonly connection: MinioConnection;
  private readonly parts = new PartPool(PART_BUDGET_BYTES);

  constructor(
    private readonly settings: MinioSettings,
    private readonly bounds: MinioBounds = DEFAULT_BOUNDS,
  ) {
    super();
    this.connection = new MinioConnection(settings, bounds);
  }

  async write(key: string, body: Readable, { contentType, signal }: WriteOptions): Promise<{ sizeBytes: number }> {
    assertObjectKey(key);
    const upload = new ObjectUpload(this.connection, key, contentType);
    try {
      const sink = new PartSink(upload, this.parts);
      await pump(body, sink, signal);
      await this.verifySize(key, sink.sizeBytes, signal);
      return { sizeBytes: sink.sizeBytes };
    } catch (error) {
      await upload.discard();
      throw error;
    }
  }

  async writeFile(key: string, path: string, options: WriteOptions): Promise<{ sizeBytes: number }> {
    return writeLocalFile(this, key, path, options);
  }

  async stat(key: string): Promise<ObjectStat> {
    assertObjectKey(key);
    try {
      return await this.statOnce(key);
    } catch (error) {
      // A HEAD response has no body, so a missing object and a missing bucket look the same.
      if (isMissingObject(error)) await this.check();
      throw translateError(error);
    }
  }

  async read(key: string, range?: ByteRange): Promise<Readable> {
    return this.open(key, range);
  }

  async fetchToFile(key: string, path: string, options: FetchOptions = {}): Promise<FetchedFile> {
    assertObjectKey(key);
    const source = await MinioSource.open(this.connection, key, options.signal);
    try {
      return await downloadToFile(source, path, options);
    } finally {
      source.close();
    }
  }

  async delete(key: string): Promise<void> {
    assertObjectKey(key);
    await this.lookUp((client) => client.removeObject(this.settings.bucket, key));
  }

  async *list(prefix: string): AsyncIterable<ListedObject> {
    let continuation = '';
    do {
      const page = await this.lookUp((client) =>
        client.listObjectsV2Query(this.settings.bucket, prefix, continuation, '', PAGE_SIZE, ''),
      );
      for (const { name, lastModified } of page.objects) {
        if (name !== undefined && parseObjectKey(name) !== null) yield { key: name, lastModified };
      }
      continuation = page.isTruncated ? page.nextContinuationToken : '';
    } while (continuation !== '');
  }

  async readIdentity(): Promise<string | null> {
    try {
      const body = await this.lookUp((client) => client.getObject(this.settings.bucket, IDENTITY_NAME));
      return (await text(body)).trim();
    } catch (error) {
      if (error instanceof DomainError && error.code === 'object_not_found') return null;
      throw storageUnavailable(error);
    }
  }

  async writeIdentity(identity: string): Promise<void> {
    await this.lookUp((client) => client.putObject(this.settings.bucket, IDENTITY_NAME, `${identity}\n`));
  }

  async removeIncompleteUploads(before: Date): Promise<number> {
    const { bucket } = this.settings;
    let removed = 0;
    let keyMarker = '';
    for (;;) {
      const page = await this.lookUp((client) => client.listIncompleteUploadsQuery(bucket, '', keyMarker, '', ''));
      for (const { key, uploadId, initiated } of page.uploads) {
        // MinIO lists the uploads of the whole bucket or of one key, and other programs can use the bucket too.
        if (initiated >= before || parseObjectKey(key) === null) continue;
        await this.lookUp((client) => client.abortMultipartUpload(bucket, key, encodeURIComponent(uploadId)));
        removed += 1;
      }
      if (!page.isTruncated) return removed;
      keyMarker = page.nextKeyMarker;
    }
  }

  async prepare(): Promise<void> {
    const { bucket, region } = this.settings;
    if (await this.canSeeBucket()) return;
    try {
      await this.connection.client().makeBucket(bucket, region);
    } catch (error) {
      // Another process can create it at the same time.
      if (await this.canSeeBucket()) return;
      const problem = accessProblem(error, bucket);
      throw problem === null ? storageUnavailable(error) : storageMisconfigured(problem, error);
    }
  }

  async check(): Promise<void> {
    let exists: boolean;
    try {
      exists = await this.connection.lookupClient().bucketExists(this.settings.bucket);
    } catch (error) {
      throw storageUnavailable(error);
    }
    if (!exists) {
      const message = `The bucket "${this.settings.bucket}" does not exist in the file storage.`;
      throw new DomainError('storage_unavailable', { message });
    }
  }

  async onApplicationShutdown(): Promise<void> {
    await this.connection.close();
  }

  private async open(key: string, range?: ByteRange): Promise<Readable> {
    assertObjectKey(key);
    const offset = range?.start ?? 0;
    const length = range === undefined ? 0 : range.end - range.start + 1;
    const response = await this.lookUp((client) => client.getPartialObject(this.settings.bucket, key, offset, length));
    if (!(response instanceof IncomingMessage)) throw storageUnavailable(new TypeError('Not an HTTP response'));
    // From here on, VerifiedBody checks for silence.
    response.setTimeout(0);
    const sizeBytes = Number(response.headers['content-length'] ?? Number.NaN);
    const isWhole = response.statusCode === 200;
    if (!Number.isSafeInteger(sizeBytes) || (range !== undefined && isWhole) || (length > 0 && sizeBytes > length)) {
      response.destroy();
      throw storageUnavailable(new Error('The store answered a read with a body of unknown or wrong length'));
    }
    return new VerifiedBody(response, sizeBytes, this.bounds.idleTimeoutMs);
  }

  private async statOnce(key: string, signal?: AbortSignal): Promise<ObjectStat> {
    const request = (): Promise<{ size: number; etag: string; lastModified: Date }> =>
      this.connection.lookupClient(signal).statObject(this.settings.bucket, key);
    const { size, etag, lastModified } = await retryTransient(request, this.connection.lookupRetry, signal);
    return { sizeBytes: size, etag, lastModified };
  }

  private async verifySize(key: string, expectedBytes: number, signal?: AbortSignal): Promise<void> {
    try {
      const { sizeBytes } = await this.statOnce(key, signal);
      if (sizeBytes !== expectedBytes) throw new Error(`Stored ${sizeBytes} of ${expectedBytes} bytes`);
    } catch (error) {
      signal?.throwIfAborted();
      throw storageUnavailable(error);
    }
  }

  /**
   * Returns false if access is denied: the HEAD response does not show whether the key, its secret or the permissions
   * are wrong.
   */
  private async canSeeBucket(): Promise<boolean> {
    try {
      return await this.lookUp((client) => client.bucketExists(this.settings.bucket));
    } catch (error) {
      const { cause } = error as Error;
      if (accessProblem(cause, this.settings.bucket) !== null) return false;
      const message = `The file storage at ${this.settings.endpoint} cannot be used.`;
      throw new DomainError('storage_unavailable', { message, cause });
    }
  }

  private async lookUp<T>(request: (client: Client) => Promise<T>): Promise<T> {
    try {
      return await retryTransient(() => request(this.connection.lookupClient()), this.connection.lookupRetry);
    } catch (error) {
      throw translateError(error);
    }
  }
}
