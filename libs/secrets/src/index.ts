export * from './secret-box.js';
export * from './secret-key.env.js';
export * from './signed-token.js';
