export * from './directory/directory-object-storage.js';
export * from './minio/minio-object-storage.js';
export * from './object-keys.js';
export * from './object-storage.js';
export * from './storage.env.js';
export * from './storage.module.js';
