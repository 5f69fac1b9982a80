export * from './failpoint.js';
export * from './failpoints.env.js';
