export * from './conversion-failure.js';
export * from './conversion-status.js';
export * from './domain-error.js';
export * from './failure-code.js';
export * from './failure-params.js';
export * from './output-encoding.js';
export type { Problem } from './problem.js';
export * from './problems.js';
export * from './validation-error.js';
