export * from './dispatch.module.js';
export * from './dispatcher.js';
export * from './outbox-relay.js';
export * from './wake-up-loop.js';
