import { describe } from 'vitest';
import { testServices } from '@app/testing';
import { createBucket } from '../testing/minio-bucket.js';
import { describeObjectStorage } from '../testing/object-storage.contract.js';

const { minio } = testServices();

if (minio === null) {
  describe.skip('MinioObjectStorage: skipped, TEST_STORAGE_ENDPOINT names no MinIO server');
} else {
  describe('MinioObjectStorage', () => describeObjectStorage(() => createBucket(minio)));
}
