import { randomUUID } from 'node:crypto';
import { Client } from 'minio';
import { IDENTITY_NAME } from '../object-keys.js';
import { DEFAULT_BOUNDS, type MinioBounds, type MinioSettings } from '../minio/minio-connection.js';
import { MinioObjectStorage } from '../minio/minio-object-storage.js';
import type { StorageSubject } from './storage-subject.js';

export interface MinioServer {
  readonly endpoint: string;
  readonly accessKey: string;
  readonly secretKey: string;
}

export interface MinioSubject extends StorageSubject {
  readonly settings: MinioSettings;
  /** Connects to the same bucket with another endpoint or other timeouts. */
  connect(options: { endpoint?: string; secretKey?: string; bounds?: Partial<MinioBounds> }): MinioObjectStorage;
}

/** A bucket for one test, with access to it without the adapter. */
export async function createBucket(server: MinioServer): Promise<MinioSubject> {
  const bucket = `test-${randomUUID()}`;
  const settings = { ...server, isSecure: false, bucket, region: 'us-east-1' };
  const open: MinioObjectStorage[] = [];
  const connect: MinioSubject['connect'] = ({ bounds, ...other }) => {
    const storage = new MinioObjectStorage({ ...settings, ...other }, { ...DEFAULT_BOUNDS, ...bounds });
    open.push(storage);
    return storage;
  };
  const storage = connect({});
  await storage.prepare();
  const [endPoint = '', port] = server.endpoint.split(':');
  const inspector = new Client({ ...server, endPoint, port: Number(port), useSSL: false, region: 'us-east-1' });
  return {
    settings,
    storage,
    connect,
    countIncomplete: async () => (await inspector.listIncompleteUploadsQuery(bucket, '', '', '', '')).uploads.length,
    stop: async () => {
      await storage.removeIncompleteUploads(new Date(Date.now() + 3_600_000));
      for await (const { key } of storage.list('')) await storage.delete(key);
      await inspector.removeObject(bucket, IDENTITY_NAME);
      await inspector.removeBucket(bucket);
      for (const each of open) await each.onApplicationShutdown();
    },
  };
}
