export * from './object-keys.js';
export * from './object-storage.js';
export * from './storage.env.js';
