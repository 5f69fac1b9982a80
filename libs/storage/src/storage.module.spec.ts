import { Test } from '@nestjs/testing';
import { describe, expect, it, vi } from 'vitest';
import { ConfigModule, readEnvironment } from '@app/config';
import { DirectoryObjectStorage } from './directory/directory-object-storage.js';
import { MinioObjectStorage } from './minio/minio-object-storage.js';
import { ObjectStorage } from './object-storage.js';
import { StorageEnv } from './storage.env.js';
import { StorageModule } from './storage.module.js';

const MINIO = { STORAGE_ENDPOINT: '127.0.0.1:9000', STORAGE_ACCESS_KEY: 'key', STORAGE_SECRET_KEY: 'secret' };

async function createModule(variables: Record<string, string>) {
  const config = ConfigModule.forRoot(readEnvironment([StorageEnv], variables));
  return Test.createTestingModule({ imports: [config, StorageModule] }).compile();
}

describe('StorageModule', () => {
  it('uses the folder if one is set', async () => {
    const module = await createModule({ ...MINIO, STORAGE_DIRECTORY: '/tmp/objects' });
    expect(module.get(ObjectStorage)).toBeInstanceOf(DirectoryObjectStorage);
  });

  it('uses the S3-compatible store otherwise, and closes its connections at shutdown', async () => {
    const module = await createModule(MINIO);
    const storage = module.get(ObjectStorage);
    expect(storage).toBeInstanceOf(MinioObjectStorage);
    const close = vi.spyOn(storage as MinioObjectStorage, 'onApplicationShutdown');
    await module.init();
    await module.close();
    expect(close).toHaveBeenCalledOnce();
  });
});
