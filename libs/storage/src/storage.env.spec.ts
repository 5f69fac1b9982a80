import { EnvironmentError, readEnvironment, type Variables } from '@app/config';
import { describe, expect, it } from 'vitest';
import { StorageEnv } from './storage.env.js';

const STORE = { STORAGE_ENDPOINT: 'localhost:9000', STORAGE_ACCESS_KEY: 'key', STORAGE_SECRET_KEY: 'secret' };

const read = (variables: Variables): StorageEnv => readEnvironment([StorageEnv], variables).get(StorageEnv);

describe('storage environment', () => {
  it('is complete with a folder', () => {
    expect(read({ STORAGE_DIRECTORY: '/data' })).toMatchObject({
      STORAGE_DIRECTORY: '/data',
      STORAGE_BUCKET_NAME: 'media',
    });
  });

  it('is complete with a store and its keys', () => {
    expect(read(STORE)).toMatchObject({ ...STORE, STORAGE_SECURE: false });
  });

  it('requires one of the two', () => {
    expect(() => read({})).toThrow(new EnvironmentError(['STORAGE_DIRECTORY or STORAGE_ENDPOINT must be set']));
  });

  it('names all missing variables of a store', () => {
    expect(() => read({ STORAGE_ENDPOINT: 'http://localhost:9000' })).toThrow(
      new EnvironmentError([
        'STORAGE_ENDPOINT must be host:port without a scheme or path',
        'STORAGE_ACCESS_KEY must be set',
        'STORAGE_SECRET_KEY must be set',
      ]),
    );
  });

  it.each(['minio', 'minio:9000', 's3.eu-central-1.amazonaws.com'])('accepts the endpoint %s', (endpoint) => {
    expect(read({ ...STORE, STORAGE_ENDPOINT: endpoint }).STORAGE_ENDPOINT).toBe(endpoint);
  });

  it('rejects an invalid port', () => {
    expect(() => read({ ...STORE, STORAGE_ENDPOINT: 'minio:90000' })).toThrow('STORAGE_ENDPOINT must be host:port');
  });

  it('rejects an invalid bucket name', () => {
    expect(() => read({ ...STORE, STORAGE_BUCKET_NAME: 'My_Bucket' })).toThrow('STORAGE_BUCKET_NAME must consist of');
  });
});
