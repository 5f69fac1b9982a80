import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { Client } from 'minio';
import { describe, expect, it, vi } from 'vitest';
import { testServices } from '@app/testing';
import { sourceKey } from '../object-keys.js';
import { createBucket } from '../testing/minio-bucket.js';
import { describeObjectStorage } from '../testing/object-storage.contract.js';
import { DEFAULT_BOUNDS, type MinioSettings } from './minio-connection.js';
import { MinioObjectStorage } from './minio-object-storage.js';
import { PartPool } from './part-pool.js';

const { minio } = testServices();

if (minio === null) {
  describe.skip('MinioObjectStorage: skipped, TEST_STORAGE_ENDPOINT names no MinIO server');
} else {
  describe('MinioObjectStorage', () => describeObjectStorage(() => createBucket(minio)));

  it('MinioObjectStorage keeps the unfinished uploads of other programs', async () => {
    const subject = await createBucket(minio);
    const [endPoint = '', port] = minio.endpoint.split(':');
    const other = new Client({ ...minio, endPoint, port: Number(port), useSSL: false, region: 'us-east-1' });
    const uploadId = await other.initiateNewMultipartUpload(subject.settings.bucket, 'backup/source.tar', {});
    expect(await subject.storage.removeIncompleteUploads(new Date(Date.now() + 3_600_000))).toBe(0);
    expect(await subject.countIncomplete()).toBe(1);
    await other.abortMultipartUpload(subject.settings.bucket, 'backup/source.tar', uploadId);
    await subject.stop();
  });

  it('MinioObjectStorage takes the parts of all uploads from one pool, and gives them back', async () => {
    const subject = await createBucket(minio);
    const [opened, closed] = [vi.spyOn(PartPool.prototype, 'open'), vi.spyOn(PartPool.prototype, 'close')];
    const write = (): Promise<unknown> =>
      subject.storage.write(sourceKey(randomUUID()), Readable.from([Buffer.alloc(9)]), { contentType: 'video/mp4' });
    await Promise.all([write(), write(), write()]);
    expect(new Set(opened.mock.contexts).size).toBe(1);
    expect(closed.mock.calls).toHaveLength(opened.mock.calls.length);
    vi.restoreAllMocks();
    await subject.stop();
  });

  describe('MinioObjectStorage, if the store denies access', () => {
    const retry = { maxAttempts: 1, firstDelayMs: 0, budgetMs: 0 };
    const prepareWith = async (changes: Partial<MinioSettings>): Promise<void> => {
      const settings = { ...minio, isSecure: false, bucket: `test-${randomUUID()}`, region: 'us-east-1', ...changes };
      const sut = new MinioObjectStorage(settings, { ...DEFAULT_BOUNDS, retry });
      try {
        await sut.prepare();
      } finally {
        await sut.onApplicationShutdown();
      }
    };

    it.each([
      [{ secretKey: 'wrong-secret' }, 'STORAGE_SECRET_KEY'],
      [{ accessKey: 'nobody' }, 'STORAGE_ACCESS_KEY'],
    ])('with %j, names the variable %s to check', async (changes, variable) => {
      await expect(prepareWith(changes)).rejects.toMatchObject({
        code: 'configuration_invalid',
        retryable: false,
        message: expect.stringContaining(`check ${variable}`) as string,
      });
    });

    it('asks to retry if the store does not answer', async () => {
      await expect(prepareWith({ endpoint: '127.0.0.1:1' })).rejects.toMatchObject({
        code: 'storage_unavailable',
        retryable: true,
        message: 'The file storage at 127.0.0.1:1 cannot be used.',
      });
    });
  });
}
