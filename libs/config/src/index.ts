export * from './config.module.js';
export * from './core.env.js';
export * from './email.env.js';
export * from './env-fields.js';
export * from './environment.js';
export * from './public-url.env.js';
export * from './start-process.js';
