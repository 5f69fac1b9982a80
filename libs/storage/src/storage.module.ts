import { Module } from '@nestjs/common';
import { DirectoryObjectStorage } from './directory/directory-object-storage.js';
import { MinioObjectStorage } from './minio/minio-object-storage.js';
import { ObjectStorage } from './object-storage.js';
import { StorageEnv } from './storage.env.js';

/** Provides the object store of the environment. Closes its connections when the process shuts down. */
@Module({
  providers: [{ provide: ObjectStorage, useFactory: createObjectStorage, inject: [StorageEnv] }],
  exports: [ObjectStorage],
})
export class StorageModule {}

export function createObjectStorage(env: StorageEnv): ObjectStorage {
  if (env.STORAGE_DIRECTORY !== undefined) return new DirectoryObjectStorage(env.STORAGE_DIRECTORY);
  return new MinioObjectStorage({
    endpoint: env.STORAGE_ENDPOINT ?? '',
    accessKey: env.STORAGE_ACCESS_KEY ?? '',
    secretKey: env.STORAGE_SECRET_KEY ?? '',
    isSecure: env.STORAGE_SECURE,
    bucket: env.STORAGE_BUCKET_NAME,
    region: env.STORAGE_REGION,
  });
}
